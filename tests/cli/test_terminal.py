"""Text output of the commands."""

import io
import os
import sys

import click
import pytest

from kerasgen.cli import terminal

pytestmark = pytest.mark.once


def test_a_table_may_have_an_empty_column():
    assert terminal.table(("NAME", "", "N"), [("a", "", 1)]).splitlines()[1] == "a        1"


@pytest.fixture
def narrow(monkeypatch):
    """Return a function that makes stdout a terminal of that width."""

    def set_width(width):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    return set_width


ROWS = [("denoising-autoencoder", "Denoising autoencoder (convolutional)", 30), ("vae", "Variational autoencoder", 60)]
TITLES = ("RECIPE", "MODEL", "EPOCHS")


@pytest.mark.parametrize("width", [20, 34, 50, 60, 80])
def test_a_table_fits_the_terminal_and_keeps_every_word(width, narrow):
    narrow(width)
    lines = click.unstyle(terminal.table(TITLES, ROWS)).splitlines()
    assert max(map(len, lines)) <= max(width, len("RECIPE  denoising-autoencoder"))
    words = " ".join(lines).split()
    for row in ROWS:
        assert all(word in words for cell in row for word in str(cell).split())


def test_a_table_in_a_pipe_has_one_line_for_each_row(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    lines = click.unstyle(terminal.table(TITLES, ROWS)).splitlines()
    assert [line.split()[0] for line in lines] == ["RECIPE", "denoising-autoencoder", "vae"]
    assert lines[1].endswith("      30")  # whole numbers are aligned to the right


def test_a_terminal_of_no_columns_has_80(narrow):
    narrow(0)
    assert terminal.columns() == 80


@pytest.mark.parametrize(("no_color", "styled"), [("", True), ("1", False)])
def test_no_color_turns_styles_off(no_color, styled, narrow, monkeypatch):
    narrow(80)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert (terminal.heading("Trained") != "Trained") == styled


# -- printable output


def written(*texts, encoding="utf-8"):
    """Return what a `PrintableStream` writes."""
    raw = io.BytesIO()
    stream = terminal.PrintableStream(io.TextIOWrapper(raw, encoding=encoding, newline=""))
    for text in texts:
        stream.write(text)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b]0;title\x07.png\n", "a\\x1b]0;title\\x07.png\n"),
        ("\x9b2J", "\\x9b2J"),  # a control sequence of one character
        ("done\rError", "done\\rError"),  # would overwrite the line
        ("a\u202egnp", "a\\u202egnp"),  # right-to-left override
        ("b\udcff\udcfe", "b\\udcff\\udcfe"),  # file name of undecodable bytes
        ("\x1b[8mhidden", "\\x1b[8mhidden"),
        ("größe ± 1 日本\tx\n", "größe ± 1 日本\tx\n"),
        ("\x1b[1mbold\x1b[0m", "\x1b[1mbold\x1b[0m"),
        ("\r 5% |bar| \r", "\r 5% |bar| \r"),  # a progress bar
        ("\x1b[A\x1b[A", "\x1b[A\x1b[A"),  # of several progress bars
    ],
)
def test_control_characters_are_written_as_escapes(text, expected):
    assert written(text) == expected


def test_characters_that_the_terminal_does_not_have_are_escapes():
    assert written("größe ±", encoding="ascii") == "gr\\xf6\\xdfe \\xb1"


def test_output_without_a_reader_is_discarded():
    reader, writer = os.pipe()
    stream = terminal.PrintableStream(os.fdopen(writer, "w"))
    os.close(reader)
    for _ in range(3):
        stream.write("line\n")
        stream.flush()
    stream.close()


def test_other_errors_of_a_stream_are_raised():
    with open("/dev/full", "w") as full:
        stream = terminal.PrintableStream(full)
        stream.write("line\n")
        with pytest.raises(OSError, match="No space left"):
            stream.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_warnings_about_the_data_are_one_line_and_others_as_python_writes_them(capsys):
    class DataWarning(UserWarning):
        pass

    terminal.print_warning(DataWarning("the images are dark"), DataWarning, "folder.py", 3)
    terminal.print_warning(UserWarning("other"), UserWarning, "folder.py", 3)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("Note: the images are dark")
    assert lines[1].startswith("folder.py:3: UserWarning: other")


def test_entries_of_other_packages_that_fail_are_one_line_each(capsys):
    class Registry:
        def left_out(self):
            return ["the sampler x cannot be imported:\n  no module; repair or uninstall the package."]

    terminal.print_left_out(Registry(), Registry())
    line = "left out: the sampler x cannot be imported: no module; repair or uninstall the package.\n"
    assert capsys.readouterr().err == 2 * line
