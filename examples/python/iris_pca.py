"""PCA of Fisher's irises: two directions hold 98 % of the variance.

Usage: iris_pca.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse
from pathlib import Path

import eckart
import numpy as np

DATA = Path(__file__).parents[1] / "data"


def read_irises():
    """Returns the four measurements and the species of 150 flowers."""
    lines = (DATA / "iris.csv").read_text().splitlines()
    names = np.array(lines[0].split(",")[2:])  # after the counts of rows and columns
    rows = np.array([line.split(",") for line in lines[1:] if line], dtype=float)
    return rows[:, :4], names[rows[:, 4].astype(int)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    X, species = read_irises()
    model = eckart.PCA(energy=0.95).fit(X)
    Z = model.transform(X)
    shares = ", ".join(f"{share:.1%}" for share in model.explained_variance_ratio_)
    print(f"{len(X)} flowers: {model.n_components_} components hold {shares} of the variance")
    print(f"residual {model.report_.certificate.residual.value:.0e}, accuracy",
          "met" if model.report_.certificate.met else "NOT met")
    for name in np.unique(species):
        print(f"  {name:<12} centre {Z[species == name].mean(axis=0).round(2).tolist()}")

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(6, 4))
        for name in np.unique(species):
            axes.scatter(*Z[species == name, :2].T, label=name, s=12)
        axes.set(xlabel="first component", ylabel="second component")
        axes.legend()
        figure.savefig(picture, dpi=120)


main()
