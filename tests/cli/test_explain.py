"""eckart explain: the derivation by hand in every format."""
import json
from html.parser import HTMLParser

import numpy as np
import pytest


def test_the_text_shows_the_exact_values(eckart):
    run = eckart("explain", "[[3,2,2],[2,3,-2]]")
    assert run.code == 0, run.err
    assert "λ³ − 34λ² + 225λ = (λ − 25)(λ − 9)λ" in run.out
    assert "v₂ = [ 1/(3√2)  −1/(3√2)  4/(3√2) ]ᵀ" in run.out
    assert "entry for entry" in run.out


@pytest.mark.parametrize("A", ["[[3,2],[2,3]]", "[[1,1],[0,1]]", "[[0,0]]", "[[5]]",
                               "[[1,2,3,4,5,6]]", "[[0.1,0.2],[0.3,0.4]]", "[[1,2],[2,4]]"])
def test_the_json_holds_a_decomposition_and_the_steps(eckart, A):
    run = eckart("explain", A, "--json")
    assert run.code == 0, run.err
    answer = run.json
    matrix, U, V = (np.array(x, dtype=float) for x in (json.loads(A), answer["U"], answer["V"]))
    k = len(answer["sigma"])
    np.testing.assert_allclose((U[:, :k] * answer["sigma"]) @ V[:, :k].T, matrix, atol=1e-14)
    np.testing.assert_allclose(U @ U.T, np.eye(len(U)), atol=1e-14)
    assert answer["exact"] is True
    assert answer["rank"] == np.linalg.matrix_rank(matrix)
    assert answer["value_difference"] <= 1e-14 and answer["vector_difference"] <= 1e-13
    assert len(answer["sigma_latex"]) == k
    kinds = {p["kind"] for step in answer["steps"] for p in step["paragraphs"]}
    assert {"prose", "formula"} <= kinds
    formula = next(p for step in answer["steps"] for p in step["paragraphs"]
                   if p["kind"] == "formula")
    assert formula["mathml"].startswith("<math") and formula["latex"].startswith("A=")


class Closed(HTMLParser):
    """Fails on an element that is closed in the wrong place."""

    def __init__(self):
        super().__init__()
        self.open, self.headings, self.maths = [], 0, 0

    def handle_starttag(self, tag, attributes):
        assert "src" not in dict(attributes) and "href" not in dict(attributes)
        self.headings += tag == "h2"
        self.maths += tag == "math"
        if tag not in ("meta", "mspace"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing(eckart, tmp_path):
    run = eckart("explain", "[[1,2,0.5],[3,4,1],[5,6,7]]", "--format", "html", "-o", "page.html")
    assert run.code == 0, run.err
    page = Closed()
    page.feed((tmp_path / "page.html").read_text())
    assert page.open == [] and page.headings == 11 and page.maths > 20


def test_markdown_goes_to_standard_output(eckart):
    run = eckart("explain", "[[3,2],[2,3]]", "--format", "markdown")
    assert run.code == 0
    assert run.out.startswith("# ") and "\\begin{bmatrix}" in run.out
    assert run.out.count("\n$$\n") % 2 == 0


def test_single_precision_decimals_are_what_was_typed(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.array([[0.1, 0.2]], dtype=np.float32))
    run = eckart("explain", "A.npy")
    assert "1/10  1/5" in run.out


def test_an_existing_file_is_kept_unless_forced(eckart, tmp_path):
    (tmp_path / "page.html").write_text("mine")
    arguments = ("explain", "[[1]]", "--format", "html", "-o", "page.html")
    run = eckart(*arguments)
    assert run.code == 2 and "exists already" in run.err
    assert (tmp_path / "page.html").read_text() == "mine"
    assert eckart(*arguments, "--force").code == 0
    assert "<math" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("arguments, words", [
    (("[[1+2j]]",), "complex"),
    (("[[1,2,3,4,5,6,7]]",), "1 to 6"),
    (("[]",), "1 to 6"),
    (("[[1]]", "--format", "pdf"), "text, markdown, html"),
    (("[[1]]", "--json", "--format", "html"), "--json"),
    (("[[1]]", "--json", "-o", "x"), "--json"),
    (("[[1]]", "--force"), "--force"),
    (("[[1e300,1],[2,1e-300]]",), "orders of magnitude"),
])
def test_what_cannot_be_explained_is_refused_with_a_reason(eckart, arguments, words):
    run = eckart("explain", *arguments)
    assert run.code == 2, run.out
    assert words in run.err


def test_a_nan_is_named_with_its_place(eckart, tmp_path):
    np.save(tmp_path / "A.npy", np.array([[1, np.nan]]))
    run = eckart("explain", "A.npy")
    assert run.code == 3 and "A.npy" in run.err and "column 2" in run.err


def test_without_utf8_the_text_is_ascii(eckart):
    run = eckart("explain", "[[1,1],[0,1]]", env={"LC_ALL": "C"})
    assert run.code == 0
    run.out.encode("ascii")
