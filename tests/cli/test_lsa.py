"""Latent semantic analysis from the command line: fit, ask, update, judge, export."""
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from conftest import run_tool

DOCUMENTS = [
    "machine learning finds patterns in data with a model",
    "deep learning trains neural networks on large data",
    "neural networks learn by gradient descent on a loss",
    "gradient descent lowers the loss of a machine learning model",
    "bake the bread with flour and yeast in a hot oven",
    "knead flour, water and yeast before you bake",
    "soup needs water, salt and fresh vegetables",
    "roast vegetables with salt in the hot oven",
]


@pytest.fixture
def lines(tmp_path):
    (tmp_path / "notes.txt").write_text("\n".join(DOCUMENTS) + "\n")
    return "notes.txt"


def fit(eckart, *arguments, k="2"):
    return eckart("lsa", "fit", *arguments, "-k", k, "-o", "m.lsa", "--force", "--json")


@pytest.fixture
def model(eckart, lines):
    run = fit(eckart, lines, "--format", "lines", "--stop-words", "english")
    assert run.code == 0, run.err
    return "m.lsa"


def ask(eckart, model, *words):
    run = eckart("lsa", "query", model, *words, "--json")
    return [hit["document"] for hit in run.json["queries"][0]["hits"]]


def test_fit_says_what_it_read_and_how_right_it_is(eckart, lines, tmp_path):
    run = eckart("lsa", "fit", lines, "--format", "lines", "-k", "2", "-o", "m.lsa")
    assert run.code == 0 and run.err == ""
    assert "1 path: 8 documents" in run.out and "accuracy 0.0001 asked: met" in run.out
    assert (tmp_path / "m.lsa").stat().st_size > 500
    facts = fit(eckart, lines, "--format", "lines").json
    assert facts["documents"] == 8 and facts["rank"] == 2
    assert facts["text"]["documents"] == 8 and facts["report"]["certificate"]["met"]


def test_queries_find_documents_by_meaning(eckart, model):
    # The second document holds neither word.
    assert set(ask(eckart, model, "gradient", "model")[:4]) == {"1", "2", "3", "4"}
    assert set(ask(eckart, model, "bread", "oven")[:4]) == {"5", "6", "7", "8"}
    plain = ask(eckart, model, "gradient", "model", "--plain")
    assert set(plain) == {"1", "3", "4"}
    text = eckart("lsa", "query", model, "vegetables", "-n", "1").out
    assert "cosine" in text and text.count("\n") == 3


def test_a_file_of_queries_gets_an_answer_each(eckart, model, tmp_path):
    (tmp_path / "q.txt").write_text("neural networks\nsalt and zebra\n")
    answers = eckart("lsa", "query", model, "--file", "q.txt", "-n", "2", "--json").json["queries"]
    assert [a["name"] for a in answers] == ["1", "2"]
    assert answers[1]["unknown"] == ["zebra"]
    assert all(len(a["hits"]) == 2 for a in answers)
    (tmp_path / "q.smart").write_text(".I 7\n.W\nneural networks\n")
    run = eckart("lsa", "query", model, "--file", "q.smart", "--json")
    assert run.json["queries"][0]["name"] == "7"


def test_words_that_no_document_held_are_reported(eckart, model):
    run = eckart("lsa", "query", model, "zebra", "crossing")
    assert run.code == 1
    assert "unknown  zebra, crossing" in run.out and "nothing is like it" in run.out


def test_similar_documents_are_found_by_name_part_or_number(eckart, model):
    run = eckart("lsa", "similar", model, "#5", "-n", "3", "--json").json
    assert run["document"] == "5" and {h["document"] for h in run["hits"]} == {"6", "7", "8"}
    assert eckart("lsa", "similar", model, "5", "-n", "3", "--json").json == run
    assert "#1 to #8" in eckart("lsa", "similar", model, "#9").err
    missing = eckart("lsa", "similar", model, "nothing")
    assert missing.code == 2 and "no document is called 'nothing'" in missing.err


def test_terms_and_topics_show_what_goes_together(eckart, model):
    near = eckart("lsa", "terms", model, "Flour", "-n", "3", "--json").json
    cooking = {"bake", "yeast", "hot", "oven", "water", "salt", "vegetables"}
    assert near["term"] == "flour" and {h["term"] for h in near["hits"]} <= cooking
    assert eckart("lsa", "terms", model, "zebra").code == 2
    topics = eckart("lsa", "topics", model, "--json").json["topics"]
    assert len(topics) == 2
    words = [{w["term"] for w in t["plus"] + t["minus"]} for t in topics]
    assert {"learning", "data"} & words[0] or {"learning", "data"} & words[1]
    assert topics[0]["energy"] >= topics[1]["energy"] > 0
    assert "energy" in eckart("lsa", "topics", model, "-n", "1").out


def test_every_way_to_hold_documents_gives_the_same_model(eckart, tmp_path):
    def entries(*arguments):
        run = fit(eckart, *arguments)
        assert run.code == 0, run.err
        return run.json["terms"], run.json["stored_entries"], run.json["text"]["documents"]

    (tmp_path / "lines.txt").write_text("\n".join(DOCUMENTS))
    expected = entries("lines.txt", "--format", "lines")
    (tmp_path / "folder").mkdir()
    for i, text in enumerate(DOCUMENTS):
        (tmp_path / "folder" / f"{i}.txt").write_text(text)
    (tmp_path / "folder" / "skip.me").write_text("nothing of this")
    assert entries("folder", "--match", "*.txt") == expected
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i, text in enumerate(DOCUMENTS):
            archive.writestr(f"a/{i}.txt", text)
    assert entries("a.zip") == expected
    (tmp_path / "t.csv").write_text("id,text\n" + "".join(
        f'{i},"{text}"\n' for i, text in enumerate(DOCUMENTS)))
    assert entries("t.csv", "--column", "text", "--id-column", "id") == expected
    (tmp_path / "t.tsv").write_text("".join(f"{i}\t{t}\n" for i, t in enumerate(DOCUMENTS)))
    assert entries("t.tsv", "--column", "2", "--no-header") == expected
    (tmp_path / "t.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in DOCUMENTS))
    assert entries("t.jsonl") == expected
    (tmp_path / "t.smart").write_text("".join(
        f".I {i}\n.W\n{t}\n" for i, t in enumerate(DOCUMENTS)))
    assert entries("t.smart") == expected
    (tmp_path / "t.mbox").write_text("".join(f"From a\n\n{t}\n\n" for t in DOCUMENTS))
    assert entries("t.mbox") == expected
    run = run_tool("lsa", "fit", "-", "--format", "lines", "-k", "2", "-o", "s.lsa", "--json",
                   stdin="\n".join(DOCUMENTS).encode(), cwd=tmp_path)
    assert run.json["stored_entries"] == expected[1]


@pytest.mark.parametrize("option, value", [
    ("--tokens", "names"), ("--stop-words", "english"), ("--stem", "english"), ("--ngrams", "2"),
    ("--min-df", "3"), ("--max-df", "25%"), ("--weighting", "bm25"), ("--weighting", "tf")])
def test_every_rule_changes_the_model(eckart, lines, tmp_path, option, value):
    texts = DOCUMENTS + ["c++ a-b c++ a-b machines"]
    (tmp_path / "more.txt").write_text("\n".join(texts + ["c++ a-b machines"]))

    def terms_and_sigma(*arguments):
        fit(eckart, "more.txt", "--format", "lines", *arguments)
        eckart("lsa", "export", "m.lsa", "--as", "json", "-o", "m.json", "--force")
        exported = json.loads((tmp_path / "m.json").read_text())
        return exported["terms"], exported["sigma"]

    assert terms_and_sigma() != terms_and_sigma(option, value)


def test_the_number_of_triplets_follows_the_energy(eckart, lines):
    run = eckart("lsa", "fit", lines, "--format", "lines", "--energy", "60%", "-o", "m.lsa", "--json")
    assert run.json["report"]["certificate"]["energy"]["value"] >= 0.6
    few = eckart("lsa", "fit", lines, "--format", "lines", "--energy", "30%", "-o", "n.lsa", "--json")
    assert few.json["rank"] < run.json["rank"]


def test_stop_words_come_from_a_file(eckart, lines, tmp_path):
    (tmp_path / "stop.txt").write_text("Learning\nthe, a\n")
    fit(eckart, lines, "--format", "lines", "--stop-words", "stop.txt")
    assert eckart("lsa", "terms", "m.lsa", "learning").code == 2
    assert "--stop-words" in fit(eckart, lines, "--stop-words", "nofile").err


def test_a_plan_reads_and_decomposes_nothing(eckart, lines, tmp_path):
    run = eckart("lsa", "fit", lines, "--format", "lines", "-k", "2", "--plan")
    assert run.code == 0 and "nothing was decomposed" in run.out
    assert not (tmp_path / "m.lsa").exists()
    plan = eckart("lsa", "fit", lines, "--format", "lines", "-k", "2", "--plan", "--json").json
    assert plan["peak_bytes"] > 0 and plan["text"]["documents"] == 8
    assert eckart("lsa", "fit", lines, "-k", "2", "-o", "m.lsa", "--max-memory", "1k").code == 4


def test_damaged_text_is_repaired_and_counted(eckart, tmp_path):
    texts = [t.encode() for t in DOCUMENTS]
    texts[0] += b" caf\xe9 na\xefve"
    texts[1] += b" caf\xe9 \x00 end"
    (tmp_path / "t.txt").write_bytes(b"\n".join(texts) + b"\n\n")
    run = fit(eckart, "t.txt", "--format", "lines")
    facts = run.json["text"]
    assert facts["repaired_documents"] == 2
    assert facts["invalid_sequences"] == 3 and facts["nul_bytes"] == 1
    assert facts["documents"] == 9 and facts["empty_documents"] == 1
    human = eckart("lsa", "fit", "t.txt", "--format", "lines", "-k", "2", "-o", "h.lsa").out
    assert "2 documents repaired: 3 sequences not UTF-8 replaced; 1 NUL byte" in human
    assert "1 document without any term" in human
    assert fit(eckart, "t.txt", "--format", "lines", "--encoding", "mixed").json["text"][
        "latin1_documents"] == 2
    assert eckart("lsa", "terms", "m.lsa", "café").code == 0
    assert fit(eckart, "t.txt", "--format", "lines",
               "--encoding", "latin-1").json["text"]["invalid_sequences"] == 0


def test_one_line_of_100_megabytes_is_a_document(eckart, tmp_path):
    words = b"alpha beta gamma delta " * 1024
    with open(tmp_path / "long.txt", "wb") as file:
        for _ in range(100_000_000 // len(words)):
            file.write(words)
    (tmp_path / "short.txt").write_bytes(b"alpha epsilon")
    run = eckart("lsa", "fit", "long.txt", "short.txt", "--min-df", "1", "-k", "1", "-o", "m.lsa",
                 "--json")
    assert run.code == 0, run.err
    assert run.json["terms"] == 5 and run.json["text"]["text_bytes"] > 99_000_000
    (tmp_path / "blank.txt").write_bytes(b"x" * 3_000_000)  # no blank at all
    run = eckart("lsa", "fit", "blank.txt", "short.txt", "--min-df", "1", "-k", "1", "-o", "n.lsa",
                 "--json")
    assert run.code == 0 and run.json["text"]["long_tokens"] == 1


def test_one_document_is_a_model_with_a_hint(eckart, lines):
    run = eckart("lsa", "fit", lines, "--min-df", "1", "-k", "3", "-o", "m.lsa")
    assert run.code == 0 and "--format lines" in run.err
    assert ask(eckart, "m.lsa", "oven") == ["notes.txt"]
    none = eckart("lsa", "fit", lines, "-k", "3", "-o", "n.lsa")
    assert none.code == 2 and "--min-df" in none.err


def test_an_update_adds_documents(eckart, model, tmp_path):
    (tmp_path / "new.txt").write_text("the gradient of the loss\nfresh bread and salt\nzebra\n")
    for extra in ([], ["--fold"]):
        run = eckart("lsa", "update", model, "new.txt", "--format", "lines", *extra,
                     "-o", "m2.lsa", "--force", "--json")
        assert run.code == 0, run.err
        assert run.json["documents"] == 11
        assert run.json["text"]["unknown_terms_read"] == 3 and len(run.json["history"]) == 2
        found = eckart("lsa", "query", "m2.lsa", "gradient", "descent", "-n", "11", "--json").json
        numbers = [h["number"] for h in found["queries"][0]["hits"]]
        assert 9 in numbers[:5] and 10 not in numbers[:5] and 11 not in numbers
    assert run.json["loss_of_orthogonality"] > 0
    text = eckart("lsa", "update", model, "new.txt", "--format", "lines", "-o", "m3.lsa").out
    assert "3 documents added by updating the SVD" in text and "met" in text
    again = eckart("lsa", "update", model, "new.txt", "-o", "m3.lsa")
    assert again.code == 2 and "exists already" in again.err


def test_answers_are_judged(eckart, model, tmp_path):
    (tmp_path / "q.txt").write_text("gradient descent\nbread oven\n")
    (tmp_path / "rel.txt").write_text("".join(
        f"{q} 0 {d} {grade}\n" for q, d, grade in (
            (1, 1, 1), (1, 2, 1), (1, 3, 1), (1, 4, 2), (1, 8, 0), (1, 7, -1),
            (2, 5, 1), (2, 6, 1), (2, 7, 1), (2, 8, 1), (9, 5, 1))))
    run = eckart("lsa", "evaluate", model, "--queries", "q.txt", "--qrels", "rel.txt", "--json")
    assert run.code == 0 and "1 judgement of other queries" in run.err
    scores = run.json
    assert scores["queries"] == 2
    # By the terms alone query 2 finds 5 and 8, then the rest in their order: 6 is the 7th.
    expected = (1 + (1 + 1 + 3 / 7 + 4 / 8) / 4) / 2
    assert scores["terms_alone"]["map"] == pytest.approx(expected, abs=1e-12)
    assert scores["lsa"]["map"] == 1
    table = eckart("lsa", "evaluate", model, "--queries", "q.txt", "--qrels", "rel.txt", "-q").out
    assert "terms alone" in table and "LSA, k = 2" in table and "MAP" in table
    (tmp_path / "bad.txt").write_text("1 0 3 x\n")
    bad = eckart("lsa", "evaluate", model, "--queries", "q.txt", "--qrels", "bad.txt")
    assert bad.code == 3 and "line 1" in bad.err
    (tmp_path / "smart.txt").write_text(".I 070\n.W\ngradient descent\n")
    (tmp_path / "one.txt").write_text("1 3\n")
    named = ["lsa", "evaluate", model, "--queries", "smart.txt", "--qrels", "one.txt"]
    assert eckart(*named).code == 3
    assert eckart(*named, "--number-queries").code == 0


def test_a_model_is_exported(eckart, model, tmp_path, saved):
    assert eckart("lsa", "export", model, "-o", "folder").code == 0
    folder = saved("folder")
    terms = folder.report["terms"]
    assert folder.U.shape == (len(terms), 2) and folder.Vt.shape == (2, 8)
    assert np.allclose(folder.U.T @ folder.U, np.eye(2), atol=1e-6)
    assert folder.report["documents"] == [str(i) for i in range(1, 9)]
    assert eckart("lsa", "export", model, "--as", "word2vec", "-o", "t.vec").code == 0
    rows = (tmp_path / "t.vec").read_text().splitlines()
    assert rows[0] == f"{len(terms)} 2" and rows[1].split()[0] == terms[0]
    assert np.allclose([float(x) for x in rows[1].split()[1:]], folder.U[0] * folder.s, rtol=1e-5)
    eckart("lsa", "export", model, "--as", "word2vec", "--documents", "-o", "d.vec")
    assert (tmp_path / "d.vec").read_text().startswith("8 2\n1 ")
    assert eckart("lsa", "export", model, "--as", "json", "--documents", "-o", "x").code == 2
    assert eckart("lsa", "export", model, "--as", "json", "-o", "m.json").code == 0
    assert json.loads((tmp_path / "m.json").read_text())["terms"] == terms
    assert eckart("lsa", "export", model, "--as", "json", "-o", "m.json").code == 2


def test_the_same_bits_for_any_number_of_threads(eckart, lines, tmp_path):
    for threads in "1", "2", "3":
        eckart("lsa", "fit", lines, "--format", "lines", "-k", "3", "--threads", threads,
               "-o", threads + ".lsa")

    def vectors(name):
        eckart("lsa", "export", name, "--as", "json", "-o", "x.json", "--force")
        return (tmp_path / "x.json").read_text()

    assert vectors("1.lsa") == vectors("2.lsa") == vectors("3.lsa")


@pytest.mark.parametrize("arguments, code, parts", [
    (["lsa"], 2, ["say which command", "eckart lsa --help"]),
    (["lsa", "qurey", "m"], 2, ["no command 'qurey'", "'query'"]),
    (["lsa", "fit", "notes.txt", "--colunm", "x"], 2, ["--colunm", "'--column'"]),
    (["lsa", "fit", "notes.txt", "-o", "x"], 2, ["-k N", "--energy"]),
    (["lsa", "fit", "notes.txt", "-k", "2"], 2, ["--output"]),
    (["lsa", "fit", "notes.txt", "-k", "2", "--energy", "0.5", "-o", "x"], 2, ["not both"]),
    (["lsa", "fit", "nofile", "-k", "2", "-o", "x"], 3, ["nofile", "no such file"]),
    (["lsa", "fit", "notes.txt", "-k", "2", "-o", "notes.txt", "--force"], 2, ["is the input"]),
    (["lsa", "fit", "notes.txt", "--column", "a", "-k", "2", "-o", "x"], 2, ["no columns"]),
    (["lsa", "fit", "notes.txt", "--format", "csv", "--column", "a", "-k", "2", "-o", "x"], 3,
     ["line 1", "no such column"]),
    (["lsa", "fit", "notes.txt", "--stem", "klingon", "-k", "2", "-o", "x"], 2,
     ["klingon", "english"]),
    (["lsa", "query", "notes.txt", "words"], 3, ["is no model", "eckart lsa fit"]),
    (["lsa", "query", "nofile", "words"], 3, ["nofile"]),
    (["lsa", "query", "m.lsa"], 2, ["--file"]),
])
def test_mistakes_are_explained(eckart, model, arguments, code, parts):
    run = eckart(*arguments)
    assert run.code == code and run.out == ""
    for part in parts:
        assert part in run.err, run.err


def test_a_damaged_model_is_refused_and_an_old_output_survives(eckart, model, lines, tmp_path):
    whole = (tmp_path / model).read_bytes()
    (tmp_path / "cut.lsa").write_bytes(whole[:-100])
    run = eckart("lsa", "query", "cut.lsa", "bread")
    assert run.code == 3 and "damaged" in run.err
    run = eckart("lsa", "fit", lines, "--format", "lines", "-k", "2", "-o", model)
    assert run.code == 2 and (tmp_path / model).read_bytes() == whole


def test_help_of_nested_commands_is_asked_for_in_any_way(eckart):
    texts = {eckart(*words).out for words in (
        ("lsa", "query", "--help"), ("lsa", "query", "-h"), ("help", "lsa", "query"))}
    assert len(texts) == 1
    text = texts.pop()
    assert text.startswith("eckart lsa query: ") and "Usage\n  eckart lsa query MODEL [WORDS]" in text
    group = eckart("lsa", "--help").out
    assert group == eckart("help", "lsa").out and "Usage\n  eckart lsa COMMAND" in group
    for command in "fit query similar terms topics update evaluate export".split():
        assert f"\n  {command} " in group


DATA = os.environ.get("ECKART_DATA")


@pytest.mark.skipif(not DATA, reason="set ECKART_DATA to run")
@pytest.mark.parametrize("name, k, plain, lsa, files", [
    ("MED", 50, .5103, .6838, ("med/MED.ALL.gz", "med/MED.QRY", "med/MED.REL")),
    ("Cranfield", 200, .2809, .3309, ("cran/cran.all.1400.gz", "cran/cran.qry", "cran/cranqrel"))])
def test_known_collections_are_answered_as_measured_elsewhere(eckart, name, k, plain, lsa, files):
    documents, queries, judgements = (Path(DATA) / "text" / file for file in files)
    assert fit(eckart, documents, "--tokens", "ascii", k=str(k)).code == 0
    number = ["--number-queries"] if name == "Cranfield" else []
    run = eckart("lsa", "evaluate", "m.lsa", "--queries", queries, "--qrels", judgements, *number,
                 "--json")
    assert run.json["terms_alone"]["map"] == pytest.approx(plain, abs=6e-5)
    assert run.json["lsa"]["map"] == pytest.approx(lsa, abs=6e-5)
