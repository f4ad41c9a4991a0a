"""Latent semantic analysis of nine titles: the small library of Deerwester and others (1990).

Two of its titles never share a word with the query "human computer", and are found all the same.

Usage: small_library_lsa.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse
from pathlib import Path

import eckart
import numpy as np

DATA = Path(__file__).parents[1] / "data"


def read_counts():
    """Returns words, titles and how often each word (row) is in each title (column)."""
    lines = (DATA / "deerwester_12x9.csv").read_text().splitlines()
    header, *rows = [line.split(",") for line in lines if line and not line.startswith("#")]
    return [row[0] for row in rows], header[1:], np.array([row[1:] for row in rows], dtype=float)


def cosine(x, Y):
    return (Y @ x) / (np.linalg.norm(x) * np.linalg.norm(Y, axis=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    words, titles, A = read_counts()
    U, s, Vt = eckart.svd(A, k=2)
    places = Vt.T * s  # of the titles
    query = np.isin(words, ["human", "computer"]) @ U
    print("query: human computer")
    likeness = cosine(query, places)
    for at in np.argsort(-likeness):
        shared = int(A[np.isin(words, ["human", "computer"]), at].sum())
        print(f"  {titles[at]:<4} {likeness[at]:5.2f}  {shared} words of the query")

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(6, 4))
        for name, (x, y) in zip(titles, places):
            axes.plot(x, y, "o", color="tab:blue")
            axes.annotate(name, (x, y), xytext=(4, 4), textcoords="offset points")
        axes.annotate("", query, xytext=(0, 0), arrowprops={"arrowstyle": "->"})
        axes.annotate("query", query, xytext=(4, -12), textcoords="offset points")
        axes.margins(0.12)
        axes.set(xlabel="first dimension", ylabel="second dimension")
        figure.savefig(picture, dpi=120)


main()
