"""Draws the pictures of the theory from what the engine computes: pictures.py [FOLDER].

Run in the folder of the repository; needs eckart and matplotlib.
"""
import gzip
import sys
from pathlib import Path

import eckart
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

BLUE, RED, GREY, GREEN = "#1f6fb4", "#c8452f", "#9a9a9a", "#2e8b57"
A = np.array([[1.0, 2.0], [-1.0, 1.0]])
ANGLES = np.linspace(0, 2 * np.pi, 241)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)])


def plane(axes, reach, title):
    """Prepares axes that look like a plane."""
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    for line in (axes.axhline, axes.axvline):
        line(0, color="#dddddd", linewidth=0.8, zorder=0)
    axes.set_title(title, fontsize=11)
    for side in axes.spines.values():
        side.set_visible(False)


def arrow(axes, to, color, label="", style="-", away=1.14):
    axes.annotate("", to, (0, 0), arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.8,
                                               "linestyle": style, "shrinkA": 0, "shrinkB": 0})
    if label:
        axes.text(*(np.asarray(to) * away), label, color=color, ha="center", va="center", fontsize=11)


def digits():
    with gzip.open("examples/data/digits.csv.gz", "rt") as file:
        return np.loadtxt(file, delimiter=",")[:, :64]


def circle():
    U, s, Vt = eckart.svd(A)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.7))
    plane(left, 2.7, "x")
    plane(right, 2.7, "A x")
    left.plot(*CIRCLE, color=GREY)
    right.plot(*(A @ CIRCLE), color=GREY)
    for i, color in enumerate((BLUE, RED)):
        arrow(left, Vt[i], color, f"v{'₁₂'[i]}", away=1.3)
        arrow(right, s[i] * U[:, i], color, f"σ{'₁₂'[i]}u{'₁₂'[i]}", away=1.22)
    return figure


def steps():
    U, s, Vt = eckart.svd(A)
    figure, panels = plt.subplots(1, 4, figsize=(10, 2.9))
    vectors = [np.eye(2), Vt, np.diag(s) @ Vt, U @ np.diag(s) @ Vt]
    for axes, M, title in zip(panels, vectors, ("x", "Vᵀx: turned", "ΣVᵀx: stretched", "UΣVᵀx: turned")):
        plane(axes, 2.6, title)
        axes.scatter(*(M @ CIRCLE[:, :-1:4]), c=ANGLES[:-1:4], cmap="twilight", s=14)
        for i, color in enumerate((BLUE, RED)):
            arrow(axes, M @ Vt[i], color)
    return figure


def lengths():
    U, s, Vt = eckart.svd(A)
    figure, axes = plt.subplots(figsize=(6.5, 3))
    degrees = np.degrees(ANGLES[:121])
    axes.plot(degrees, np.linalg.norm(A @ CIRCLE[:, :121], axis=0), color=GREY)
    for i, color in enumerate((BLUE, RED)):
        at = np.degrees(np.arctan2(Vt[i, 1], Vt[i, 0])) % 180
        axes.plot([at, at], [0, s[i]], color=color, linestyle=":")
        axes.plot(at, s[i], "o", color=color)
        axes.text(at + 3, s[i] - 0.3, f"v{'₁₂'[i]}: σ{'₁₂'[i]} = {s[i]:.4f}", color=color)
    axes.set(xlabel="angle of x in degrees", ylabel="length of A x", ylim=(0, 2.6), xlim=(0, 180))
    return figure


def subspaces():
    B = np.array([[1.0, 2.0], [2.0, 4.0]])
    U, s, Vt = eckart.svd(B, full_matrices=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.7))
    plane(left, 2.2, "x")
    plane(right, 5.5, "A x")
    for t in np.linspace(-1.6, 1.6, 9):
        ends = np.outer(t * Vt[0], [1, 1]) + np.outer(Vt[1], [-2, 2])
        left.plot(*ends, color="#cccccc", linewidth=0.8)
        left.plot(*(t * Vt[0]), "o", color=BLUE, markersize=4)
        right.plot(*(t * s[0] * U[:, 0] / 1.7), "o", color=BLUE, markersize=4)
    for axes, along, across, names, reach in ((left, Vt[0], Vt[1], ("row space", "null space"), 1.7),
                                       (right, U[:, 0], U[:, 1], ("range", "left null space"), 4.3)):
        for direction, color, name in ((along, BLUE, names[0]), (across, RED, names[1])):
            axes.plot(*np.outer(direction * reach, [-1.15, 1.15]), color=color, linewidth=1.4)
            place = direction * reach * (-1 if direction[1] < 0 else 1)
            axes.text(*(place * 1.12 + [0.05 * reach, 0.09 * reach]), name, color=color, ha="center")
    return figure


def layers():
    with open("examples/data/deerwester_12x9.csv") as file:
        rows = [line.strip().split(",") for line in file]
    D = np.array([row[1:] for row in rows[1:]], float)
    U, s, Vt = eckart.svd(D)
    figure, panels = plt.subplots(1, 4, figsize=(10, 4), sharey=True)
    parts = [D] + [s[i] * np.outer(U[:, i], Vt[i]) for i in range(3)]
    titles = ["A"] + [f"σ{'₁₂₃'[i]}u{'₁₂₃'[i]}v{'₁₂₃'[i]}ᵀ: {s[i]**2 / np.sum(s**2):.0%}" for i in range(3)]
    for axes, part, title in zip(panels, parts, titles):
        axes.pcolormesh(part[::-1], cmap="RdBu_r", vmin=-1.5, vmax=1.5, edgecolors="white", linewidth=0.5)
        axes.set_title(title, fontsize=11)
        axes.set_xticks(np.arange(9) + 0.5, rows[0][1:], fontsize=8)
        axes.set_yticks(np.arange(12) + 0.5, [row[0] for row in rows[:0:-1]], fontsize=8)
        axes.tick_params(length=0)
    return figure


def eckart_young():
    D = digits()
    s, norm = eckart.svdvals(D), np.linalg.norm(D)
    ranks = np.arange(1, 61)
    rng = np.random.default_rng(0)
    heaviest = np.argsort(-np.linalg.norm(D, axis=0))

    def left(columns):
        Q = np.linalg.qr(columns)[0]
        return np.linalg.norm(D - Q @ (Q.T @ D)) / norm

    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    mixtures = D @ rng.standard_normal((64, 60))
    axes.plot(ranks, [left(D[:, heaviest[:k]]) for k in ranks], color=GREEN, label="the heaviest pixels")
    axes.plot(ranks, [left(mixtures[:, :k]) for k in ranks], color=RED, label="random mixtures of pixels")
    axes.plot(ranks, [np.sqrt(np.sum(s[k:]**2)) / norm for k in ranks], color=BLUE,
              label="Eckart and Young: the SVD")
    axes.set(xlabel="rank", ylabel="error / ‖A‖", xlim=(0, 60), ylim=(0, 0.7))
    axes.legend(frameon=False)
    return figure


def condition():
    M = np.array([[1.0, 1.0], [1.0, 1.35]])
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3.7))
    b, x = M @ [1, 1], np.array([1.0, 1.0])
    for axes, centre, points, title in ((left, b, CIRCLE, "b, known up to a disc"),
                                        (right, x, eckart.pinv(M) @ CIRCLE, "where x may lie")):
        plane(axes, 3.2, title)
        axes.set(xlim=(-0.4, 3.4), ylim=(-0.4, 3.4))
        axes.fill(*(centre[:, None] + 0.22 * points), color=BLUE, alpha=0.25)
        axes.plot(*(centre[:, None] + 0.22 * points), color=BLUE)
        axes.plot(*centre, "o", color=RED, markersize=4)
    axes.text(*(x + [0.35, 0.2]), f"κ = {eckart.cond(M):.0f}", color=BLUE)
    return figure


def gap():
    E = 1e-6 * np.random.default_rng(0).standard_normal((30, 20))
    size = eckart.svdvals(E)[0]
    gaps, angles = np.logspace(-7, -0.5, 40), []
    for wide in gaps:
        D = np.zeros((30, 20))
        np.fill_diagonal(D, [1.0, 1.0 - wide] + [0.5] * 18)
        angles.append(np.arccos(min(1.0, abs(eckart.svd(D + E).Vt[0, 0]))))
    figure, axes = plt.subplots(figsize=(6.5, 3.4))
    axes.loglog(gaps, np.minimum(np.pi / 2, size / gaps), color=GREY, linestyle="--", label="‖E‖₂ / gap")
    axes.loglog(gaps, angles, "o", color=BLUE, markersize=4, label="angle of v₁, in radians")
    axes.set(xlabel="gap to the next singular value")
    axes.legend(frameon=False)
    return figure


def cloud():
    rng = np.random.default_rng(3)
    points = rng.standard_normal((150, 2)) @ np.array([[1.0, -0.7], [0.12, 0.35]]) + [2.2, 1.9]
    mean = points.mean(axis=0)
    centred, plain = eckart.svd(points - mean), eckart.svd(points)
    figure, axes = plt.subplots(figsize=(5, 4.2))
    axes.scatter(*points.T, s=8, color=GREY)
    for i, color in enumerate((BLUE, RED)):
        way = 2 * centred.s[i] / np.sqrt(149) * centred.Vt[i]
        axes.annotate("", mean + way, mean, arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 2})
        axes.text(*(mean + 1.18 * way), f"v{'₁₂'[i]}", color=color, ha="center", va="center")
    arrow(axes, plain.Vt[0] * 2.6, "black", "", "--")
    axes.text(0.35, 0.85, "v₁ without\ncentring", fontsize=9)
    axes.plot(0, 0, "+", color="black")
    axes.set(aspect="equal", xlim=(-0.4, 5), ylim=(-0.4, 4.4))
    return figure


def convergence():
    D = digits()
    D -= D.mean(axis=0)
    s = eckart.svdvals(D)
    K, power, krylov = [np.random.default_rng(0).standard_normal(64)], [], []
    for _ in range(30):
        K.append(D.T @ (D @ K[-1]))
        K[-1] /= np.linalg.norm(K[-1])
        power.append(1 - np.linalg.norm(D @ K[-1]) / s[0])
        krylov.append(max(1e-16, 1 - eckart.svdvals(D @ np.linalg.qr(np.array(K).T)[0])[0] / s[0]))
    steps = np.arange(1, 31)
    figure, axes = plt.subplots(figsize=(6.5, 3.4))
    axes.semilogy(steps, power, color=RED, label="power method")
    axes.semilogy(steps, krylov, color=BLUE, label="all vectors so far (Lanczos)")
    axes.set(xlabel="products with AᵀA", ylabel="error of σ₁, relative", ylim=(3e-17, 1))
    axes.legend(frameon=False)
    return figure


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/theory")
    # Text stays text, and the same numbers make the same file.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "eckart", "font.family": "sans-serif",
                         "axes.spines.top": False, "axes.spines.right": False})
    for draw in (circle, steps, lengths, subspaces, layers, eckart_young, condition, gap, cloud, convergence):
        figure = draw()
        figure.tight_layout()
        figure.savefig(folder / f"{draw.__name__}.svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


main()
