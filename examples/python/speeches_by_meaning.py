"""What American presidents spoke of, 1945 to 2006: search by meaning, and a map of likeness.

Usage: speeches_by_meaning.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse
import zipfile
from pathlib import Path

import eckart
import numpy as np

DATA = Path(__file__).parents[1] / "data"


def read_speeches():
    """Returns the names and texts of the addresses on the state of the union."""
    with zipfile.ZipFile(DATA / "state_union.zip") as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".txt"))
        texts = [archive.read(name).decode("utf-8", "replace") for name in files]
    return [Path(name).stem for name in files], texts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    names, texts = read_speeches()
    model = eckart.LatentSemanticAnalysis(n_components=12, stem="english", stop_words="english",
                                          min_df=2)
    places = model.fit_transform(texts)
    print(f"{len(texts)} speeches, {len(model.terms_)} terms, {model.n_components_} directions; "
          f"accuracy {'met' if model.report_.certificate.met else 'NOT met'}")
    for query in ("landing a man on the moon", "terrorists and weapons of mass destruction"):
        print(f"query: {query}")
        for speech, cosine in model.query(query, n=3):
            print(f"  {cosine:5.2f}  {names[speech]}")
    print("direction 2: " + ", ".join(f"{word} {weight:+.2f}"
                                      for word, weight in model.get_topics(n_words=5)[1]))

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        units = places / np.linalg.norm(places, axis=1, keepdims=True)
        figure, axes = plt.subplots(figsize=(6, 5))
        shown = axes.imshow(units @ units.T, cmap="magma", vmin=0, vmax=1)
        ticks = range(0, len(names), 6)
        axes.set_xticks(ticks, [names[at][:4] for at in ticks], rotation=90)
        axes.set_yticks(ticks, [names[at] for at in ticks])
        figure.colorbar(shown, label="cosine between two speeches")
        figure.tight_layout()
        figure.savefig(picture, dpi=120)


main()
