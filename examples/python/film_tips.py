"""Films for someone who liked a few: matrix factorisation of 100,000 ratings from Twitter.

Usage: film_tips.py [--picture FILE.png]; a picture needs matplotlib.
"""

import argparse
import gzip
from pathlib import Path

import eckart
import numpy as np

DATA = Path(__file__).parents[1] / "data" / "movietweetings-100k"


def read_lines(name):
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("::") for line in file]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture")
    picture = parser.parse_args().picture

    ratings = [(user, item, float(stars)) for user, item, stars, _ in read_lines("ratings.dat.gz")]
    titles = {item: title for item, title, _ in read_lines("movies.dat.gz")}
    test = ratings[::10]
    train = [rating for number, rating in enumerate(ratings) if number % 10]
    model = eckart.SVDRecommender(n_factors=16, regularization=0.1).fit(train)
    mean = np.mean([stars for _, _, stars in train])
    plain = np.sqrt(np.mean([(stars - mean) ** 2 for _, _, stars in test]))
    print(f"{len(model.users_)} users, {len(model.items_)} films, 0 to 10 stars; RMSE "
          f"{-model.score(test):.2f}, of the mean alone {plain:.2f}")

    rated = {}  # how often
    for _, item, _ in train:
        rated[item] = rated.get(item, 0) + 1
    liked = "0468569"
    print(f"like {titles[liked]}, of films rated 50 times or more")
    alike = model.similar_items(liked, n=len(model.items_))
    for item, cosine in [hit for hit in alike if rated[hit[0]] >= 50][:3]:
        print(f"  {cosine:5.2f}  {titles.get(item, item)}")
    user = train[0][0]
    print(f"for user {user}")
    for item, stars in model.recommend(user, n_items=3):
        print(f"  {stars:5.2f}  {titles.get(item, item)}")

    if picture:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        known = sorted(rated, key=rated.get, reverse=True)[:40]
        numbers = [model.items_.index(item) for item in known]
        x, y = eckart.PCA(2).fit_transform(model.item_factors_[numbers]).T
        figure, axes = plt.subplots(figsize=(9, 6))
        axes.scatter(x, y, c=model.item_bias_[numbers], cmap="viridis")
        for item, across, up in zip(known, x, y):
            axes.annotate(titles.get(item, item)[:24], (across, up), fontsize=7)
        axes.set(xlabel="first component of the factors", ylabel="second component",
                 title="The 40 films rated most often; brighter: liked better")
        figure.tight_layout()
        figure.savefig(picture, dpi=120)


main()
