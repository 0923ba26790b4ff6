"""Accuracy of a classifier on class-conditional samples of MNIST."""

from kerasgen.experiments import Experiment, Metric, measures

EXPERIMENTS = (
    Experiment(
        name="cgan-labels",
        summary="labels of class-conditional samples: cgan",
        table="labels of class-conditional samples",
        recipe="cgan",
        measure=measures.label_accuracy,
        metrics=(Metric("classified correctly, %", 2),),
        epochs=15,
        baseline=measures.label_accuracy_of_test_images,
        source="the same classifier on the real test images",
        setup="batch 100, 1,000 samples of each class",
        minutes=15,
        quick={"epochs": 1},
    ),
)
