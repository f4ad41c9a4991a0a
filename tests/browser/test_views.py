"""Every view: opened, used, looked at; its numbers against those of the command line."""
import io
import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import tool, until

VIEWS = ["#two", "#two?mode=turn&x=40", "#image?sample=chelsea&show=difference&k=10",
         "#matrix?data=2", "#hand", "#pca?data=1", "#pca?data=1&view=3d",
         "#text?data=3&q=freedom", "#ratings?data=4", "#model?data=6"]


def numbers(text):
    return [float(x) for x in text.split()]


def in_address(page, *texts):
    for text in texts:
        until(page, "text => location.hash.includes(text)", text)


def download(page, name, scope="main"):
    with page.expect_download() as event:
        page.locator(scope).get_by_role("button", name=name, exact=True).first.click()
    return event.value.path().read_bytes()


def test_two_by_two_shows_the_values_of_the_command_line(view):
    page = view.open("#two?a=1&b=2&c=-3&d=0.5")
    expected = tool("svd", "[[1,2],[-3,0.5]]")["sigma"]
    page.get_by_text("checked by the engine").wait_for()
    assert numbers(page.locator("#numbers").get_attribute("data-sigma")) == pytest.approx(expected, rel=1e-15)


def test_the_closed_form_of_the_page_agrees_with_the_engine(view):
    page = view.open("#hand")  # a view that asks nothing meanwhile
    worst = page.evaluate("""async () => {
      const { svd2 } = await import('/two_math.js');
      const { ask } = await import('/api.js');
      const list = [[3,2,2,3],[1,0,0,1],[3,0,0,-2],[1,1,0,1],[0,0,0,0],[2,1,1,0.5],[0.6,0.8,0.8,-0.6],[0,1,0,0],
                    [1e-9,1,1,1e9],[1,1e-12,0,1e-12],[5,-5,5,5],[-1,0,0,-1],[1e300,1,1,1]];
      for (let i = 1; i <= 40; ++i) list.push([0, 1, 2, 3].map((j) => Math.sin(97 * i + 13 * j * j) * 4));
      let worst = 0;
      for (const A of list) {
        const mine = svd2(A);
        const theirs = await ask('two', { matrix: [A.slice(0, 2), A.slice(2)] });
        const size = theirs.sigma[0] || 1;
        for (const i of [0, 1]) worst = Math.max(worst, Math.abs(mine.sigma[i] - theirs.sigma[i]) / size);
        const product = (f) => [0, 1, 2, 3].map((e) => [0, 1].reduce((sum, k) =>
          sum + f.U[e >> 1][k] * (f.sigma[k] / size) * f.V[e & 1][k], 0));
        product(mine).forEach((x, e) => { worst = Math.max(worst, Math.abs(x - A[e] / size)); });
        if (theirs.sigma[0] - theirs.sigma[1] > 1e-3 * size && theirs.sigma[1] > 1e-3 * size) {
          for (const name of ['U', 'V']) for (const e of [0, 1, 2, 3]) {
            worst = Math.max(worst, Math.abs(mine[name][e >> 1][e & 1] - theirs[name][e >> 1][e & 1]));
          }
        }
      }
      return worst;
    }""")
    assert worst <= 1e-12


def test_dragging_a_column_changes_the_matrix_within_a_frame(view):
    page = view.open("#two?a=1&b=0&c=0&d=1")
    handle = page.get_by_role("slider", name="Image of e1").locator("circle")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, 11):
        page.mouse.move(x + 4 * i, y - 6 * i)
        page.wait_for_timeout(20)
    until(page, "document.querySelector('[data-frame]') !== null")
    page.mouse.up()
    until(page, "document.querySelector('[aria-label=\"Entry a₁₁\"]').value > 1.05")
    a, c = (float(page.get_by_label(f"Entry {name}").input_value()) for name in ("a₁₁", "a₂₁"))
    assert a > 1.05 and c > 0.1
    in_address(page, f"a={a:g}", f"c={c:g}")


def test_two_by_two_works_by_keys_alone(view):
    page = view.open("#two?a=1&b=0&c=0&d=1")
    page.get_by_role("slider", name="Image of e2").focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert [page.get_by_label(f"Entry {name}").input_value() for name in ("a₁₂", "a₂₂")] == ["0.1", "2.1"]
    page.get_by_label("Time of the animation").focus()
    page.keyboard.press("Home")
    assert page.locator("#step").inner_text() == "the circle and an F"


def test_presets_and_typing_change_the_numbers(view):
    page = view.open("#two")
    page.get_by_label("Examples").select_option("diag(3, −2)")
    until(page, "document.querySelector('#angles').innerText.includes('mirrored')")
    assert numbers(page.locator("#numbers").get_attribute("data-sigma")) == [3, 2]
    page.get_by_text("As a table").click()
    cells = page.get_by_role("region", name="The picture as a table").locator("tbody tr").nth(2).locator("td").all_inner_texts()
    assert cells == ["v₁", "(1, 0)", "Av₁ = σ₁u₁", "(3, 0)", "3"]
    page.get_by_label("Examples").select_option("singular: rank 1")
    until(page, "document.querySelector('#numbers').innerText.includes('∞')")
    assert "2.5" in page.get_by_role("region", name="The picture as a table").inner_text()
    page.get_by_label("Entry a₁₁").fill("4")
    in_address(page, "a=4")


def test_a_late_answer_about_another_matrix_is_not_shown(view):
    page = view.open("#hand")
    waiting = []
    page.route("**/api/two", lambda route: waiting.append(route))
    page.evaluate("location.hash = '#two?a=3&b=2&c=2&d=3'")
    page.get_by_label("Examples").wait_for()
    for _ in range(600):
        if waiting:
            break
        page.wait_for_timeout(50)
    page.get_by_label("Examples").select_option("diag(3, −2)")
    waiting[0].continue_()
    for _ in range(600):
        if len(waiting) == 2:  # the late answer has come: only now is the next question asked
            break
        page.wait_for_timeout(50)
    assert numbers(page.locator("#numbers").get_attribute("data-sigma")) == [3, 2]
    waiting[1].continue_()
    page.get_by_text("checked by the engine").wait_for()
    assert numbers(page.locator("#numbers").get_attribute("data-sigma")) == [3, 2]


def type_and_enter(field, text):
    def act(page):
        page.locator(field).fill(text)
        page.keyboard.press("Enter")
    return act


@pytest.mark.parametrize("hash_, question, act, mark", [
    ("#hand?m=[[3,2],[2,3]]", "explain", type_and_enter("#typed", "[[4,0],[3,-5]]"), "6.3"),
    ("#matrix?data=2", "spectrum", lambda page: page.locator("#data").select_option("1"), "The entries of iris.csv"),
    ("#pca?data=1", "pca", lambda page: page.get_by_label("centre the columns").uncheck(), "Explained variance"),
    ("#text?data=3&q=war", "text/query", type_and_enter("#query", "freedom"), "Nearest first"),
    ("#ratings?data=4&user=1", "ratings/top", type_and_enter("#user", "2"), "For 2"),
    ("#image?data=5&k=9", "image/original", lambda page: page.locator("[data-sample=noise]").click(), "Numerical rank of grey: 512"),
], ids=lambda value: value[1:value.find("?")] if isinstance(value, str) and value[0] == "#" else "")
def test_an_answer_that_comes_late_changes_nothing(view, hash_, question, act, mark):
    """The answer to the question before comes after that to the newest."""
    page = view.open("#two")
    held = []
    page.route(f"**/api/{question}", lambda route: held.append(route))
    page.evaluate("hash => { location.hash = hash; }", hash_)
    hold_until(page, held, 1)
    act(page)
    hold_until(page, held, 2)
    held[1].continue_()
    page.get_by_text(mark).first.wait_for()
    if question.startswith("image"):
        settled(page, 9)
    shown, address = at_rest(page), page.url
    with page.expect_response(lambda response: question in response.url):
        held[0].continue_()
    assert at_rest(page) == shown
    assert page.url == address


def at_rest(page):
    """Returns the text of the page once it has not changed for a while."""
    before, now = None, page.locator("main").inner_text()
    while now != before:
        page.wait_for_timeout(200)
        before, now = now, page.locator("main").inner_text()
    return now


def hold_until(page, held, count):
    for _ in range(600):
        if len(held) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(held)} of {count} questions were asked")


def test_a_view_that_was_left_asks_nothing_more(view):
    page = view.open("#two")
    held, asked = [], []
    page.route("**/api/image/original", lambda route: held.append(route))
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("location.hash = '#image?data=5&k=9'")
    hold_until(page, held, 1)
    page.evaluate("location.hash = '#hand'")
    page.locator("math").first.wait_for()
    with page.expect_response("**/api/image/original"):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert [url for url in asked if "image/rank" in url] == []


def test_a_run_that_is_stopped_leaves_no_line_in_the_console(view):
    page = view.open("#hand")
    outcome = page.evaluate("""async () => {
      const { ask, cancel } = await import('/api.js');
      const first = ask('pca', { data: 2, components: 10, center: true }).then(() => 'done', (error) => error.kind);
      const second = ask('explain', { matrix: '[[1,2],[3,4]]' }).then(() => 'done', (error) => error.kind);
      return [await first, await second];
    }""")
    # Either may come first; the one that comes later is answered.
    assert set(outcome) <= {"cancelled", "done"} and "done" in outcome


def test_a_reflection_is_never_a_blend(view):
    """On the way of the animation no matrix comes near a singular one, but by the stretching."""
    page = view.open("#two?a=0.6&b=0.8&c=0.8&d=-0.6")
    smallest = page.evaluate("""async () => {
      const { polar, stage } = await import('/two_math.js');
      const p = polar([0.6, 0.8, 0.8, -0.6]);
      let least = 1;
      for (let t = 0; t <= 4; t += 0.01) {
        const [a, b, c, d] = stage(p, t);
        least = Math.min(least, Math.abs(a * d - b * c));
      }
      return least;
    }""")
    assert smallest == pytest.approx(1, abs=1e-12)


def test_turning_x_finds_the_first_vector(view):
    page = view.open("#two?mode=turn&x=0")
    assert "Longer is possible" in page.locator("#found").inner_text()
    page.get_by_label("Angle of x in degrees").fill("45")
    assert "found: σ₁ = 5" in page.locator("#found").inner_text()


def test_matrix_shows_the_values_of_the_command_line(view, files):
    page = view.open("#matrix?data=2")
    expected = tool("svd", files["digits"])
    shown = numbers(page.locator("main > div").last.get_attribute("data-sigma"))
    assert shown == pytest.approx(expected["sigma"][:5], rel=1e-15)
    reach = {x["energy"]: x["triplets"] for x in tool("info", files["digits"])["energy_table"]}
    text = page.get_by_role("img", name="Energy that the k leading").get_attribute("aria-label")
    energies = np.cumsum(np.square(expected["sigma"]))
    for share in (0.8, 0.9, 0.95):
        k = int(np.searchsorted(energies, share * energies[-1])) + 1
        assert f"{round(100 * share)} % needs {k}" in text
        assert reach[share] == k
    assert "met" in page.get_by_role("region", name="Certificate").inner_text()


def test_matrix_axes_ranks_and_downloads(view, files):
    page = view.open("#matrix?data=2")
    page.get_by_role("button", name="Logarithmic").click()
    in_address(page, "axis=linear")
    page.get_by_label("Rank k").fill("7")
    in_address(page, "k=7")
    assert "-k 7" in page.locator(".commands").inner_text()
    archive = np.load(io.BytesIO(download(page, "Download U, s, Vt (.npz)")))
    assert archive["U"].shape == (1797, 7) and archive["Vt"].shape == (7, 65)
    expected = tool("svd", files["digits"], "-k", 7)["sigma"]
    assert archive["s"] == pytest.approx(np.array(expected), rel=1e-12)
    csv = download(page, "CSV", "[aria-label=Spectrum]").decode().splitlines()
    assert csv[0] == "component,sigma,energy,cumulative" and len(csv) == 66
    assert download(page, "SVG", "[aria-label=Spectrum]").startswith(b"<svg")
    assert download(page, "PNG", "[aria-label=Spectrum]").startswith(b"\x89PNG")
    assert download(page, "PNG", "[aria-label=Entries]").startswith(b"\x89PNG")


def test_an_upload_is_shown_and_its_name_is_text(view, tmp_path):
    page = view.open("#matrix")
    name = "<img src=x onerror=alert(1)>.csv"
    page.get_by_label("Open a matrix").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": b"4,0\n0,3\n"})
    page.get_by_text("The entries of <img").wait_for()
    view.rest()
    assert numbers(page.locator("main > div").last.get_attribute("data-sigma")) == [4, 3]


def test_an_upload_that_is_no_matrix_is_refused_in_words(view):
    view.expected = "400"
    page = view.open("#matrix")
    page.get_by_label("Open a matrix").set_input_files(
        {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"1,2\n3,4\n5,x\n"})
    message = page.get_by_role("alert")
    message.wait_for()
    assert message.inner_text().startswith("bad.csv: line 3")


def settled(page, k):
    until(page, "k => document.querySelector('#stage').dataset.settled === k", str(k))


def test_image_shows_the_values_of_the_command_line(view, files):
    page = view.open("#image?data=5&k=50")
    settled(page, 50)
    report = tool("image", "inspect", files["camera"], "--ranks", 50)
    expected = report["ranks"][0]
    shown = page.locator("#image-numbers")
    assert float(shown.get_attribute("data-energy")) == expected["energy"]
    assert float(shown.get_attribute("data-psnr")) == expected["psnr"]
    assert float(shown.get_attribute("data-bytes")) == expected["bytes"]
    assert page.locator("#energy").inner_text() == "99.5959 %"
    assert page.locator("#ssim").inner_text() == f"{expected['ssim']:.4f}"
    sizes = page.get_by_role("region", name="Sizes").inner_text()
    for size in (report["png_bytes"], report["source_bytes"], expected["jpeg"]["bytes"]):
        assert f"{size:,}" in sizes
    times = expected["bytes"] / expected["jpeg"]["bytes"]
    assert f"The SVD loses: a JPEG of this quality is {times:.1f} times smaller." in page.locator("#verdict").inner_text()
    assert "image inspect" in page.locator(".commands").inner_text()


def test_the_slider_shows_a_sketch_at_once_and_the_exact_picture_when_it_rests(view):
    page = view.open("#two")
    page.route("**/api/image/spectrum", lambda route: route.abort())  # what makes all ranks exact
    view.expected = "ERR_FAILED"
    page.evaluate("location.hash = '#image?sample=noise&k=5'")
    page.get_by_text("Exact. Rank 5").wait_for()
    page.unroute("**/api/image/spectrum")
    page.get_by_label("Rank k", exact=True).focus()
    page.keyboard.press("PageUp")
    settled(page, 15)
    in_address(page, "k=15")
    assert page.locator("#stage").get_attribute("data-exact") == "true"
    energy = float(page.locator("#stage").get_attribute("data-energy"))
    page.get_by_label("Rank k as a number").fill("16")
    page.keyboard.press("Enter")
    settled(page, 16)
    assert float(page.locator("#stage").get_attribute("data-energy")) > energy


@pytest.mark.parametrize("sample, rank", [("gradient", 2), ("checkerboard", 2)])
def test_samples_have_the_rank_that_theory_says(view, sample, rank):
    page = view.open(f"#image?sample={sample}&k=2")
    settled(page, 2)
    assert page.locator("#image-rank").inner_text() == f"Numerical rank of grey: {rank}."
    assert page.locator(".patterns figure").count() == min(rank, 8)


def test_pictures_are_compared_and_saved(view, files, tmp_path):
    page = view.open("#image?sample=chelsea&k=8")
    settled(page, 8)
    page.get_by_role("button", name="Blend").click()
    in_address(page, "show=blend")
    page.get_by_label("Blend: percent of rank k").fill("0")
    in_address(page, "mix=0")
    pixels = "() => [...document.querySelectorAll('#stage canvas')].map((canvas) => canvas.toDataURL())"
    left, right = page.evaluate(pixels)
    assert left == right
    page.get_by_label("Blend: percent of rank k").fill("100")
    in_address(page, "mix=100")
    assert page.evaluate(pixels)[1] != left
    assert download(page, "PNG", "[aria-label=Rank]").startswith(b"\x89PNG")
    assert b"psnr," in download(page, "CSV", "[aria-label=Rank]")
    packed, back = tmp_path / "cat.eck", tmp_path / "cat.png"
    packed.write_bytes(download(page, "Save as .eck"))
    assert tool("image", "expand", packed, "-o", back)["ranks"][0] == 8
    page.get_by_label("What is decomposed").select_option("rgb")
    settled(page, 8)
    in_address(page, "colors=rgb")
    assert "--colors channels" in page.locator(".commands").inner_text()
    assert "LowRankImage" in page.locator(".commands").inner_text()


def test_a_picture_that_is_cut_off_is_refused_in_words_and_a_good_one_shown(view, files):
    view.expected = "400"
    page = view.open("#image?data=5&k=3")
    whole = files["camera"].read_bytes()
    for content in (whole[:3000], whole):
        page.get_by_label("Open a picture").set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": content})
        if content is not whole:
            message = page.get_by_role("alert")
            message.wait_for()
            assert message.inner_text().startswith("mine.png")
    page.get_by_role("img", name="mine.png, 512 × 512 pixels").wait_for()
    settled(page, 20)


def test_by_hand_shows_mathml_of_the_typed_matrix(view):
    page = view.open("#hand")
    page.get_by_label("Matrix", exact=True).fill("[[4,0],[3,-5]]")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#derivation').dataset.sigma.startsWith('6.3')")
    expected = tool("explain", "[[4,0],[3,-5]]")["sigma"]
    assert numbers(page.locator("#derivation").get_attribute("data-sigma")) == expected
    assert page.locator("math").count() > 10
    in_address(page, "m=")


def test_pca_shows_the_values_of_the_command_line(view, files):
    page = view.open("#pca?data=1")
    expected = tool("pca", files["iris"], "-k", 4)["pca"]["explained_variance_ratio"]
    shown = numbers(page.locator("main > div").last.get_attribute("data-variance"))
    assert shown == pytest.approx(expected[:3], rel=1e-12)
    page.get_by_label("centre the columns").uncheck()
    until(page, "!document.body.hasAttribute('aria-busy') && location.hash.includes('center=no')")
    page.get_by_role("button", name="3D").click()
    page.get_by_role("img", name="Arrow keys turn").press("ArrowLeft")
    drawing = download(page, "SVG", "[aria-label=Scores]").decode()
    assert drawing.startswith("<svg") and drawing.count("a3.2 3.2") == 2 * 150
    page.get_by_label("times its deviation").check()
    in_address(page, "times=deviation")
    page.get_by_text("Loadings of component 1").wait_for()
    csv = download(page, "CSV", "[aria-label=Components]").decode().splitlines()
    column, entry, loading, mean = map(float, csv[1].split(","))
    report = tool("pca", files["iris"], "-k", 1, "--no-center")["pca"]
    assert abs(loading / entry) == pytest.approx(report["explained_variance"][0] ** 0.5, rel=1e-9)
    page.get_by_label("Rows of").fill("5.1, 3.5, 1.4, 0.2, 0")
    page.get_by_role("button", name="Project them").click()
    page.locator("#projected").wait_for()
    in_address(page, "points=", "view=3d")


def test_text_gives_the_hits_of_the_command_line(view, files):
    page = view.open("#text?data=3")
    page.get_by_label("Look for").fill("war and peace")
    page.keyboard.press("Enter")
    page.locator("#hits li").first.wait_for()
    expected = tool("lsa", "query", files["text"], "war and peace")["queries"][0]["hits"]
    assert page.locator("#hits li strong").all_inner_texts()[:10] == [hit["document"] for hit in expected]
    page.locator("#hits li").first.get_by_role("button").click()
    page.get_by_text(f"Like {expected[0]['document']}").wait_for()
    page.locator("#topics tbody tr").nth(11).wait_for()
    assert page.locator("#topics tbody tr").count() == 12
    assert "LatentSemanticAnalysis.load(" in page.locator(".commands").inner_text()


def test_ratings_gives_the_items_of_the_command_line(view, files):
    page = view.open("#ratings?data=4")
    user = page.locator("#user").input_value()
    expected = tool("recommend", "top", files["ratings"], "--user", user)["items"]
    rows = page.get_by_role("region", name="Recommended items").locator("tbody tr")
    rows.first.wait_for()
    assert [row.locator("td").first.inner_text() for row in rows.all()][:10] == [i["item"] for i in expected]
    rows.first.get_by_role("button").click()
    page.locator("#similar tbody tr").first.wait_for()
    assert "SVDRecommender.load(" in page.locator(".commands").inner_text()


def test_model_shows_the_spectra_of_the_command_line(view, files):
    page = view.open("#model?data=6&layer=lstm_cell.weight_hh")
    report = tool("model", "spectrum", files["weights"])
    matrices = {t["name"] + (f"[{m['part']}]" if m["part"] else ""): m for t in report["tensors"] for m in t["matrices"]}
    until(page, "n => document.querySelector('#main [data-done]').dataset.done === n", str(len(matrices)))
    stable = float(page.locator("[data-stable]").get_attribute("data-stable"))
    assert stable == matrices["lstm_cell.weight_hh"]["stable_rank"]
    rows = page.get_by_role("region", name="Table of matrices").locator("tbody tr")
    assert rows.locator("button").all_inner_texts() == list(matrices)
    for row in rows.all():
        m = matrices[row.locator("button").inner_text()]
        cells = row.locator("td").all_inner_texts()
        assert cells[3] == str(m["numerical_rank"]) and cells[11] == str(m["spikes"])
        assert cells[6:10] == [str(m["energy_ranks"][share]) for share in ("0.8", "0.9", "0.95", "0.99")]
    page.get_by_role("button", name="Show the spectrum of conv3").click()
    in_address(page, "layer=conv3.weight")
    page.get_by_role("region", name="Chosen spectrum").get_by_text("Singular values of 64 × 192").wait_for()
    page.get_by_label("Names with").fill("lstm")
    in_address(page, "only=lstm")
    assert rows.count() == 2
    csv = download(page, "CSV", "[aria-label=Matrices]").decode().splitlines()
    assert csv[0].startswith("matrix,shape,type,rank") and len(csv) == 3


@pytest.mark.parametrize("hash_", VIEWS)
def test_views_are_accessible_and_fit_wide_and_narrow_screens_light_and_dark(view, hash_):
    page = view.open(hash_)
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}';"
                      "document.dispatchEvent(new Event('themechange'))")
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
        name = "".join(c if c.isalnum() else "_" for c in hash_.strip("#"))
        view.picture(f"{name}_{theme}")
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, "document.documentElement.scrollWidth <= 390")
    view.picture(f"{name}_phone")


@pytest.mark.parametrize("hash_", VIEWS)
def test_the_address_holds_the_state(view, hash_):
    page = view.open(hash_)
    kept = page.url
    page.reload()
    view.rest()
    assert page.url.startswith(kept)  # a view may fill in what it chose itself


def test_every_view_is_reached_by_keys(view):
    page = view.open("#two")
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.hash ?? ''"))
    assert {"#two", "#image", "#matrix", "#hand", "#pca", "#text", "#ratings", "#model"} <= seen


def test_the_page_works_without_any_network_but_its_own(view):
    view.page.route(lambda url: not url.startswith(view.explorer.origin), lambda route: route.abort())
    page = view.open("#hand")
    assert page.locator("math").count() > 10
    assert page.evaluate("document.fonts.check('16px \"Eckart Math\"')")


def test_another_origin_reads_and_changes_nothing(chromium, explorer):
    """A page elsewhere whose reader is logged in here: the browser sends, the explorer refuses."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(explorer.url)
    page.route("http://elsewhere.test/", lambda route: route.fulfill(body="<p>hello", content_type="text/html"))
    page.goto("http://elsewhere.test/")
    outcome = page.evaluate("""async (origin) => {
      const tries = [
        () => fetch(origin + '/api/data', {credentials: 'include'}),
        () => fetch(origin + '/api/two', {method: 'POST', credentials: 'include', body: '{}',
                    headers: {'Content-Type': 'application/json', 'X-Eckart': '1'}}),
        () => fetch(origin + '/api/cancel', {method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x'})
                .then((r) => { if (r.type === 'opaque') throw new Error('opaque'); return r; }),
      ];
      const results = [];
      for (const one of tries) results.push(await one().then((r) => r.status, () => 'refused'));
      return results;
    }""", explorer.origin)
    assert outcome == ["refused"] * 3
    context.close()


def test_hostile_hosts_are_refused_over_the_wire(explorer):
    for host in ("evil.com", "localhost.evil.com", "127.0.0.1.nip.io"):
        request = urllib.request.Request(explorer.url, headers={"Host": host})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 403
        assert json.loads(refused.value.read())["error"] == "host"
