"""Handwritten digits by few triplets: what is kept, and what it costs.

Usage: digit_images.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse
import gzip
from pathlib import Path

import eckart
import numpy as np

DATA = Path(__file__).parents[1] / "data"


def read_digits():
    """Returns the digits, 64 pixels of 0 to 16 a row."""
    with gzip.open(DATA / "digits.csv.gz", "rt") as file:
        return np.loadtxt((line for line in file if not line.startswith("#")), delimiter=",")[:, :64]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    X = read_digits()
    print(f"{len(X)} digits of {X.shape[1]} pixels")
    kept = {}
    for energy in (0.80, 0.90, 0.95, 0.99):
        model = eckart.TruncatedSVD(energy=energy).fit(X)
        kept[energy] = model.inverse_transform(model.transform(X[:8]))
        error = model.report_.certificate.frobenius_error.value
        print(f"  {energy:.0%} of the energy: {model.n_components_:2} numbers a digit, "
              f"{error:.1%} of the norm left out")
    image = X[:64].reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(64, 64).astype(np.uint8)
    model = eckart.LowRankImage(tolerance=0.25).fit(image)
    print(f"64 digits as one image: rank {model.ranks_[0]}, {model.psnr_:.1f} dB against 255")

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(1 + len(kept), 8, figsize=(6, 4))
        rows = {"all": X[:8]} | {f"{energy:.0%}": rows for energy, rows in kept.items()}
        for line, (name, digits) in zip(axes, rows.items()):
            for cell, digit in zip(line, digits):
                cell.imshow(digit.reshape(8, 8), cmap="gray_r")
                cell.set(xticks=[], yticks=[])
            line[0].set_ylabel(name)
        figure.savefig(picture, dpi=120)


main()
