"""The study page in a real browser: what it shows is what the trace says, and all of it works by keyboard."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch import nn
from minitorch.study import layout
from minitorch.study.page import arrange, render
from minitorch.study.trace import trace
from tests import study_traces
from tests.study_traces import Data, Maker

pytest.importorskip("igraph", reason="the page's layout needs igraph: pip install 'minitorch[study]'")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    reason = "pip install playwright: the page is tested in a browser that it drives"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no browser to test the page in: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


class Pages:
    """Pages in one browser; what goes wrong in them, or is loaded by them, is a trouble."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.troubles: list[str] = []
        self.contexts: list[Any] = []
        self.kept: dict[int, Any] = {}

    def show(self, data: Data, keep: bool = False, **options: Any) -> Any:
        """A page of the trace; one that is kept serves the next test, after a press of Home."""
        if keep and id(data) in self.kept:
            page = self.kept[id(data)]
            page.evaluate("document.activeElement.blur()")
            press(page, "Escape", "Home")
            return page
        file = self.folder / f"{len(list(self.folder.iterdir()))}.html"
        file.write_text(render(data), "utf-8")
        size = options.pop("size", (1400, 900))
        options.setdefault("reduced_motion", "reduce")
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda request: self.requested(request.url, file))
        page.goto(file.as_uri())
        assert page.get_attribute("html", "data-ready") == "yes", self.troubles
        if keep:
            self.kept[id(data)] = page
        else:
            self.contexts.append(context)
        return page

    def requested(self, url: str, file: Path) -> None:
        if url != file.as_uri() and not url.startswith("data:"):
            self.troubles.append(url)


@pytest.fixture(scope="module")
def pages(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(browser, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def show(pages: Pages) -> Iterator[Callable[..., Any]]:
    """Opens the page of a trace; at the end nothing may have been loaded, and nothing may have gone wrong."""
    yield pages.show
    while pages.contexts:
        pages.contexts.pop().close()
    troubles, pages.troubles[:] = list(pages.troubles), []
    assert troubles == []


@pytest.fixture(scope="module")
def line() -> Data:
    return study_traces.line()


def said(page: Any) -> str:
    return str(page.inner_text("#said"))


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def text(page: Any, selector: str = "#detail") -> str:
    return re.sub(r"\s+", " ", page.inner_text(selector))


def card(page: Any, key: str) -> Any:
    return page.locator(f'[data-node="{key}"]')


# --- the layout, without a browser ------------------------------------------------------------------------------------


def test_a_layout_has_inputs_above_and_nothing_overlaps() -> None:
    edges = [(0, 2), (1, 2), (2, 3), (3, 4), (2, 4), (0, 4), (5, 4), (2, 2), (0, 2)]
    sizes = [(60.0, 20.0), (90.0, 30.0), (40.0, 20.0), (80.0, 50.0), (10.0, 10.0), (70.0, 20.0)]
    places, routes = layout.layered(6, edges, sizes, gap=(20.0, 30.0))
    for source, target in edges:
        assert source == target or places[source][1] < places[target][1]
    for one in range(6):
        for other in range(one):
            dx, dy = (abs(places[one][axis] - places[other][axis]) for axis in (0, 1))
            assert dx >= (sizes[one][0] + sizes[other][0]) / 2 or dy >= (sizes[one][1] + sizes[other][1]) / 2
    for (source, target), route in zip(edges, routes, strict=True):
        assert route[0] == (places[source][0], places[source][1] + sizes[source][1] / 2)
        assert route[-1] == (places[target][0], places[target][1] - sizes[target][1] / 2)
    long = routes[edges.index((0, 4))]
    assert len(long) > 2
    for (x0, y0), (_, y1) in zip(long[1:-1:2], long[2:-1:2], strict=True):
        for (x, y), (width, height) in zip(places, sizes, strict=True):  # it passes each layer beside what is there
            assert not (abs(x - x0) < width / 2 and y0 < y + height / 2 and y1 > y - height / 2)


def test_an_input_stands_right_above_its_use() -> None:
    rows = layout.grid(6, [(0, 1), (1, 2), (2, 3), (4, 5), (5, 3)]).rows
    assert rows == [0, 1, 2, 3, 1, 2]


def test_the_borders_of_a_box_have_rows_of_their_own() -> None:
    rows = layout.grid(5, [(0, 2), (1, 2), (2, 3), (4, 2)], first=[0], last=[3]).rows
    assert rows[0] == 0 < rows[1] == rows[4] < rows[2] < rows[3]


def test_a_cycle_is_cut_and_parts_of_a_graph_do_not_mix() -> None:
    places, routes = layout.layered(7, [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 6), (3, 6)], [(10.0, 10.0)] * 7)
    assert len(set(places)) == 7
    turned = routes[2] if places[2][1] > places[0][1] else []
    assert turned[0][1] > turned[-1][1], "the edge that closes the circle runs upwards"
    xs = [x for x, _ in routes[6]]
    assert min(xs) > max(places[node][0] for node in range(3)) or max(xs) < min(places[node][0] for node in range(3))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_graphs_without_edges(count: int) -> None:
    places, routes = layout.layered(count, [], [(10.0, 10.0)] * count)
    assert len(set(places)) == count and routes == []


def test_a_weight_used_a_thousand_times_does_not_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "BENDS", 10)
    edges = [(node, node + 1) for node in range(1, 60)] + [(0, node) for node in range(1, 61)]
    bends = layout.grid(61, edges).bends
    assert 0 < sum(map(len, bends)) <= 10 + 4 * 61
    assert bends[-1] == [], "the longest edge is left out of the layout"


def test_without_igraph_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "igraph", None)
    with pytest.raises(ImportError, match=r"pip install 'minitorch\[study\]'"):
        layout.layered(1, [], [(1.0, 1.0)])


def test_boxes_follow_the_modules() -> None:
    data = study_traces.nested(blocks=2, depth=2)
    arranged = arrange(data)
    names = [box["path"] for box in arranged["boxes"]]
    assert names[:3] == ["", "net", "net.0"]
    inner = arranged["boxes"][names.index("net.0")]
    kinds = [kind for kind, _ in inner["nodes"]]
    assert (kinds.count("box"), kinds.count("op"), kinds.count("in"), kinds.count("out")) == (2, 1, 1, 1)
    for edge in arranged["edges"]:  # every part of an edge starts where the one before it ended
        source, target = edge["path"][0], edge["path"][-1]
        first = arranged["boxes"][source[0]]["nodes"][arranged["boxes"][source[0]]["edges"][source[1]][0]]
        last = arranged["boxes"][target[0]]["nodes"][arranged["boxes"][target[0]]["edges"][target[1]][1]]
        assert first == list(edge["from"]) and last == ["op", edge["to"]]


def test_a_module_called_twice_has_a_box_for_each_call() -> None:
    made = Maker("calls")
    current = ("leaf", made.leaf("x", 1.0, "input"))
    for call in (1, 2):
        cell = made.add("modules", path="cell", type="Cell", extra="", parent=None, call=call)
        current = ("op", made.op("tanh", {"input": current}, 1.0, module=cell))
    boxes = arrange(made.data)["boxes"]
    assert [(box["path"], box["call"]) for box in boxes[1:]] == [("cell", 1), ("cell", 2)]
    assert sorted(boxes[0]["nodes"]) == [["box", 1], ["box", 2], ["leaf", 0]]


def test_what_was_there_before_is_a_node_outside_the_modules() -> None:
    made = Maker("before")
    module = made.add("modules", path="net", type="Net", extra="", parent=None, call=1)
    made.leaf("net.weight", 1.0, module=module)
    first = made.op("mul", {"input": ("leaf", 0)}, 1.0, module=module)
    given, mean = made.value(2.0, "x"), made.value(3.0, "net.mean")
    batch = [made.value(float(number)) for number in range(20)]
    tensors = [{"name": f"tensors[{number}]", "value": value, "from": None} for number, value in enumerate(batch)]
    made.data["ops"][first]["inputs"] += [{"name": name, "value": given, "from": None} for name in ("other", "third")]
    made.data["ops"][first]["inputs"] += [{"name": "mean", "value": mean, "from": None}, *tensors]
    arranged = arrange(made.data)
    assert arranged["boxes"][0]["nodes"] == [["box", 1], ["value", given]]
    assert sorted(arranged["boxes"][1]["nodes"]) == [["in", "value"], ["leaf", 0], ["op", 0], ["value", mean]]
    assert [edge["arguments"] for edge in arranged["edges"]] == [["input"], ["other", "third"], ["mean"]]


def test_updates_and_recorded_backward_stand_apart() -> None:
    data = study_traces.line()
    made = Maker()
    made.data.update(data)
    made.op("sub", {"input": ("leaf", 2)}, 1.12, phase="update", node=None)
    made.op("mul", {"input": ("op", 0)}, 1.0, phase="backward")
    assert [box["path"] for box in arrange(data)["boxes"][1:]] == ["the update", "backward, recorded itself"]


@pytest.mark.parametrize("data", [None, [], {}, {"format": "something"}])
def test_what_is_no_trace_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match='a dict whose "format" is "minitorch-trace"'):
        render(data)


def test_one_file_that_says_what_may_run(line: Data) -> None:
    html = render(line)
    assert "default-src 'none'; script-src 'sha256-" in html
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+", html.replace("http://www.w3.org/2000/svg", "")) == []
    embedded = re.search(r'<script type="application/json" id="trace">(.*?)</script>', html, re.DOTALL)
    assert embedded and json.loads(embedded[1]) == line


def test_nan_and_inf_in_the_json_stay_readable(show: Callable[..., Any], line: Data) -> None:
    data = study_traces.line()
    data["values"][0]["summary"] |= {"min": float("inf"), "max": float("inf"), "inf": 1}
    data["values"][1]["summary"] |= {"mean": float("nan"), "nan": 1}
    page = show(data)
    assert "inf" in card(page, "leaf:0").text_content()
    assert "nan" in card(page, "leaf:1").text_content()


# --- stepping ---------------------------------------------------------------------------------------------------------

STORY = [
    "Before the first step. To come: 3 forward steps, 3 backward steps, 1 accumulation, 1 update.",
    "Forward step 1 of 3: mul of x 3.0, w 1.0 gives y_hat 3.0, line 6",
    "Forward step 2 of 3: sub of y_hat 3.0, y 5.0 gives r -2.0, line 7",
    "Forward step 3 of 3: pow of r -2.0 gives l 4.0, line 8",
    "Backward step 1 of 3: PowBackward0, incoming gradient 1.0, to r -4.0",
    "Backward step 2 of 3: SubBackward0, incoming gradient -4.0, to y_hat -4.0",
    "Backward step 3 of 3: MulBackward0, incoming gradient -4.0, to w -12.0",
    "Accumulation 1 of 1: gradient -12.0 arrives at w; its .grad is -12.0",
    "Update 1 of 1: w goes from 1.0 to 1.12",
]


def test_every_step_is_said_in_words_both_ways(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    told = [said(page)]
    for _ in STORY[1:]:
        page.click("#forward")
        told.append(said(page))
    assert told == STORY
    for expected in STORY[-2::-1]:
        press(page, "ArrowLeft")
        assert said(page) == expected
    press(page, "End")
    assert said(page) == STORY[-1]
    press(page, "Home")
    assert said(page) == STORY[0]
    assert page.get_attribute("#said", "aria-live") == "polite"
    page.click("#last")
    assert page.inner_text("#count") == "8 / 8" and page.is_disabled("#forward")
    page.click("#first")
    assert page.inner_text("#count") == "0 / 8" and page.is_disabled("#back")


def test_the_timeline_is_a_slider(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    page.fill("#time", "6")
    assert said(page) == STORY[6]
    assert page.get_attribute("#time", "aria-valuetext") == STORY[6]
    page.focus("#time")
    press(page, "ArrowRight")
    assert said(page) == STORY[7], "one key, one step"


def test_play_goes_to_the_end_and_stops(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    page.select_option("#speed", "100")
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.locator("#said", has_text=STORY[-1]).wait_for()
    assert page.get_attribute("#play", "aria-label") == "Play"


def classes(page: Any, key: str) -> set[str]:
    return set(card(page, key).get_attribute("class").split())


def test_the_graph_shows_what_is_done_and_what_is_to_come(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    assert "waiting" in classes(page, "op:0") and card(page, "op:0").locator(".value").text_content() == ""
    press(page, "ArrowRight")
    assert {"done", "now"} <= classes(page, "op:0") and "waiting" in classes(page, "op:1")
    assert card(page, "op:0").locator(".value").text_content() == "3.0"
    assert page.locator(".edge.feeding").count() == 2
    press(page, "End", "ArrowLeft", "ArrowLeft")
    assert "graded" in classes(page, "op:0") and "now" in classes(page, "op:0")
    assert card(page, "op:0").locator(".gradient").text_content() == "grad -4.0"
    assert page.locator(".edge.flowing").count() == 1 and page.locator(".label").text_content() == "-12.0"
    assert page.locator(".edge.graded").count() == 2
    press(page, "End")
    assert "updated" in classes(page, "leaf:2") and card(page, "leaf:2").locator(".value").text_content() == "1.12"
    press(page, "Home")
    assert "graded" not in classes(page, "op:0") and card(page, "op:0").locator(".gradient").text_content() == ""


def test_the_line_of_a_step_is_lit(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    assert page.locator(".code.lit").count() == 0
    press(page, "ArrowRight")
    assert page.inner_text(".code.lit").split("\n")[-1].endswith("y_hat = x * w")
    press(page, "ArrowRight", "ArrowRight")
    assert page.inner_text(".code.lit").endswith("l = r ** 2")
    press(page, "ArrowRight")
    assert "backward" in page.get_attribute(".code.lit", "class")
    page.locator(".code", has_text="r = y_hat - y").click()
    assert text(page).startswith("sub SubBackward0")


def test_a_long_script_scrolls_to_the_line(show: Callable[..., Any]) -> None:
    made = Maker("long", "\n".join(f"line_{number} = {number}" for number in range(1, 401)))
    made.op("one", {}, 1.0, file=0, line=380)
    page = show(made.data)
    press(page, "ArrowRight")
    shown = page.evaluate(
        "() => { const [a, b] = ['.code.lit', '#source'].map((s) => document.querySelector(s).getBoundingClientRect());"
        "return a.top >= b.top && a.bottom <= b.bottom }"
    )
    assert shown and page.inner_text(".code.lit").endswith("line_380 = 380")


def test_a_backward_pass_is_a_step_at_the_line_that_called_it(show: Callable[..., Any]) -> None:
    data = study_traces.line()
    data["passes"] = [{"file": 0, "line": 9, "create_graph": False}]
    data["events"].insert(3, {"pass": 0})
    page = show(data)
    press(page, *["ArrowRight"] * 4)
    assert said(page) == "Backward pass 1 of 1 begins, line 9"
    assert page.inner_text(".code.lit").endswith("l.backward()")


# --- the numbers ------------------------------------------------------------------------------------------------------


def test_forward_shows_inputs_output_and_what_is_saved(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    press(page, "ArrowRight")
    page.wait_for_selector("#detail .one")
    shown = text(page)
    assert "mul(x = 3.0, w = 1.0) = 3.0" in shown
    for part in (
        "What mul does.",
        "from x",
        "Saved for backward",
        "Freed by backward, in step 6 (4 B), still to come.",
    ):
        assert part in shown
    assert "input: g * other" in shown and "script.py:6 in <module>" in shown
    press(page, "End")
    card(page, "op:2").click()
    assert "exponent = 2" in text(page)


def test_the_chain_rule_in_numbers(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    press(page, *["ArrowRight"] * 6)
    page.wait_for_selector(".equation")
    shown = text(page)
    assert "g = ∂l/∂y_hat" in shown
    assert "Rule: g * input" in shown
    assert "Local derivative: ∂y_hat/∂w = x = 3.0" in shown
    assert "∂l/∂w = ∂l/∂y_hat · ∂y_hat/∂w = -4.0 · 3.0 = -12.0" in shown
    press(page, "ArrowLeft")
    page.wait_for_selector(".equation")
    assert "∂l/∂y_hat = ∂l/∂r · ∂r/∂y_hat = -4.0 · 1.0 = -4.0" in text(page)


def test_an_update_shows_before_gradient_and_after(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    press(page, "End")
    page.wait_for_selector(".equation.updates")
    shown = text(page)
    assert "1.0 + 0.12 = 1.12 (gradient -12.0)" in shown
    for part in ("before", "after", "gradient"):
        assert part in shown


@pytest.fixture(scope="module")
def arrays() -> Data:
    return study_traces.arrays()


def cells(page: Any, value: int) -> list[str]:
    page.wait_for_selector(f'[data-value="{value}"] td')
    return [cell.get_attribute("title") for cell in page.query_selector_all(f'[data-value="{value}"] td[title]')]


def test_small_arrays_are_tables_of_the_very_numbers(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    card(page, "op:1").click()
    value = arrays["ops"][1]["outputs"][0]["value"]
    given = np.array([[1.5, np.nan, np.inf], [-0.1, 0.0, 1e-7]], np.float32)
    shown = cells(page, value)
    assert np.array_equal(np.array([float(cell) for cell in shown], np.float32), given.ravel(), equal_nan=True)
    assert shown[3] == "-0.1", "as many digits as float32 has, no more"
    assert page.locator(f'[data-value="{value}"] td.nan').count() == 1
    assert page.locator(f'[data-value="{value}"] td.inf').count() == 1
    assert "1 nan" in text(page, f'[data-value="{value}"] .legend') and "1 inf" in text(page)
    card(page, "op:2").click()
    large = cells(page, arrays["ops"][2]["outputs"][0]["value"])
    assert large == [str(number * 2**53) for number in range(5)], "int64 is exact beyond 2**53"


def test_a_matrix_is_a_heat_map_and_leading_dimensions_have_sliders(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    card(page, "leaf:0").click()
    image = np.random.default_rng(0).normal(size=(2, 3, 16, 20)).astype(np.float32)
    page.wait_for_selector("#detail canvas.heat")
    label = page.get_attribute("#detail canvas.heat", "aria-label")
    assert label.startswith("Heat map of x, 16 by 20")
    pixels = page.evaluate(
        "() => Array.from(document.querySelector('#detail canvas.heat').getContext('2d')"
        ".getImageData(0, 0, 20, 16).data)"
    )
    red, _, blue, _ = np.array(pixels).reshape(16 * 20, 4).T
    warmth = red - blue
    assert warmth[image[0, 0].argmax()] > 60 and warmth[image[0, 0].argmin()] < -60
    assert np.corrcoef(warmth, image[0, 0].ravel())[0, 1] > 0.95
    page.fill("#detail input[type=number] >> nth=0", "7")
    page.fill("#detail input[type=number] >> nth=1", "11")
    assert np.float32(page.inner_text("#detail .readout output")[2:]) == image[0, 0, 7, 11]
    page.fill("#detail .slices input >> nth=0", "1")
    page.fill("#detail .slices input >> nth=1", "2")
    assert np.float32(page.inner_text("#detail .readout output")[2:]) == image[1, 2, 0, 0]


def test_a_gradient_that_was_added_up_shows_its_parts(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    press(page, *["ArrowRight"] * 7)
    assert said(page) == "Accumulation 1 of 2: gradient (3,) arrives at v, added to (3,); its .grad is (3,)"
    shown = text(page)
    assert "v is used 2 times, so its gradients are added up" in shown
    assert "part 1 MulBackward0, for input" in shown and "part 2 MulBackward0, for other" in shown
    after = arrays["accumulations"][0]["after"]
    assert cells(page, after) == ["3.0", "1.0", "3.0"]


def test_scalars_that_are_added_up_are_a_sum(show: Callable[..., Any]) -> None:
    made = Maker("square")
    x = made.leaf("x", 3.0)
    square = made.op(
        "mul", {"input": ("leaf", x), "other": ("leaf", x)}, 9.0, {"input": "g * other", "other": "g * input"}
    )
    one = made.value(1.0)
    step = made.pull(
        square, one, [{"step": None, "argument": None, "value": one}], {"input": (3.0, None), "other": (3.0, None)}
    )
    made.accumulate(x, [made.part(step, "input"), made.part(step, "other")], 6.0)
    page = show(made.data)
    press(page, "End")
    assert "3.0 + 3.0 = 6.0" in text(page)


def test_the_chain_rule_element_by_element(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    press(page, *["ArrowRight"] * 6)
    page.wait_for_selector("table.chain")
    rows = [row.inner_text().split("\t") for row in page.query_selector_all("table.chain >> nth=0 >> tbody tr")]
    assert rows == [["[0]", "1.0", "1.0", "1.0"], ["[1]", "0.0", "?", "0.0"], ["[2]", "2.0", "0.5", "1.0"]]
    assert "?: the incoming gradient is 0 there" in text(page)


def test_broadcasting_undone_is_shown(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    press(page, "End", "ArrowLeft")
    assert "Broadcasting undone (2, 3, 16, 20) → (20,)" in text(page)


def test_a_derivative_that_is_a_matrix_is_said_to_be_one(show: Callable[..., Any]) -> None:
    made = Maker("product")
    x, w = made.leaf("x", np.ones((2, 3)), "input"), made.leaf("w", np.ones((3, 4)))
    product = made.op("matmul", {"input": ("leaf", x), "other": ("leaf", w)}, np.ones((2, 4)), {"other": "input.T @ g"})
    g = made.value(np.ones((2, 4)))
    made.pull(product, g, [], {"other": (np.ones((3, 4)), None)})
    page = show(made.data)
    press(page, "End")
    assert "The local derivative ∂matmul/∂w is a matrix of 8 by 12, which is not shown" in text(page)


def test_what_was_left_out_is_said_and_sampled(show: Callable[..., Any], arrays: Data) -> None:
    page = show(arrays, keep=True)
    card(page, "op:3").click()
    value = arrays["ops"][3]["outputs"][0]["value"]
    figure = f'[data-value="{value}"]'
    assert "Too large for this page, so its numbers were left out: shown is a sample, [0]." in text(page, figure)
    assert "mean" in text(page, figure)
    assert len(cells(page, value)) == 64


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int8", "uint8", "int32", "bool"])
def test_every_dtype_is_decoded(show: Callable[..., Any], dtype: str) -> None:
    numbers = np.array([0, 1, 0.1, 100.0]).astype(dtype)
    made = Maker()
    made.leaf("x", numbers, "input")
    made.op("neg", {"input": ("leaf", 0)}, numbers)
    page = show(made.data)
    press(page, "ArrowRight")
    shown = cells(page, 0)
    if dtype == "bool":
        assert shown == ["False", "True", "True", "True"]
    else:
        assert np.array_equal(np.array(shown).astype(float).astype(dtype), numbers)


def test_damaged_data_is_said_and_stops_nothing(show: Callable[..., Any], line: Data) -> None:
    data = study_traces.line()
    data["values"][0]["data"] = "AAAA"
    page = show(data)
    card(page, "leaf:0").click()
    page.wait_for_selector("#detail .failure")
    assert "its data cannot be read" in text(page)
    press(page, "ArrowRight")
    assert said(page) == STORY[1]


def test_a_leaf_that_is_updated_twice(show: Callable[..., Any]) -> None:
    data = study_traces.line()
    again = len(data["values"])
    data["values"].append({**data["values"][data["leaves"][2]["updated"]], "id": again})
    data["values"][again]["summary"] = {"min": 2.5, "max": 2.5, "mean": 2.5, "norm": 2.5}
    data["events"][-1]["value"] = data["leaves"][2]["updated"]
    data["events"].append({"update": 2, "value": again})
    page = show(data)
    press(page, "End")
    assert said(page) == "Update 2 of 2: w goes from 1.12 to 2.5"
    press(page, "ArrowLeft")
    assert said(page) == "Update 1 of 2: w goes from 1.0 to 1.12"


def test_what_was_there_before_the_trace_is_shown(show: Callable[..., Any]) -> None:
    made = Maker("before")
    made.leaf("w", 1.0)
    made.op("mul", {"input": ("leaf", 0)}, 4.0)
    given = made.value(4.0, "x")
    made.data["ops"][0]["inputs"].append({"name": "other", "value": given, "from": None})
    page = show(made.data)
    node = card(page, f"value:{given}")
    assert node.get_attribute("aria-label") == "x, from before: 4.0"
    node.click()
    page.wait_for_selector("#detail .one")
    assert text(page).startswith("x made before the recorded step") and "used by mul" in text(page)


def test_a_recorded_step_shows_the_numbers_of_the_tensors(show: Callable[..., Any]) -> None:
    minitorch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = minitorch.optim.SGD(net.parameters(), lr=0.1)
    x = minitorch.randn(5, 3)
    with trace() as recorded:
        loss = net(x).square().mean()
        loss.backward()
        optimizer.step()
    page = show(recorded.to_json())
    assert page.locator("#graph .title").count() == 4, "the net and its three layers"
    press(page, "End")
    assert said(page).startswith("Update 4 of 4: net.2.bias goes from (2,) to (2,)")
    weight = next(leaf for leaf in recorded.leaves if leaf["name"] == "net.0.weight")
    card(page, f"leaf:{weight['id']}").click()
    parameter = net[0].weight
    for value, array in ((weight["grad"], parameter.grad), (weight["updated"], parameter)):
        shown = np.array(cells(page, value)[: array.numel()]).astype(np.float32)
        assert np.array_equal(shown, array.detach().numpy().ravel())


# --- boxes ------------------------------------------------------------------------------------------------------------


def test_a_box_folds_and_unfolds(show: Callable[..., Any]) -> None:
    page = show(study_traces.nested(blocks=2, depth=2))
    assert card(page, "op:0").count() == 1, "a small graph is unfolded at first"
    page.click('.title[data-node="box:2"]')
    assert card(page, "op:0").count() == 0 and card(page, "box:2").get_attribute("aria-expanded") == "false"
    assert "net.0" in card(page, "box:2").text_content()
    press(page, "ArrowRight")
    assert "now" in classes(page, "box:2") and "1 of 7 operations" in card(page, "box:2").text_content()
    press(page, "End")
    assert "backward 7 of 7" in card(page, "box:2").text_content()
    card(page, "box:2").click()
    assert card(page, "op:0").count() == 1
    page.click("#fold-all")
    assert card(page, "op:0").count() == 0 and card(page, "box:1").count() == 1
    page.click("#unfold-all")
    assert card(page, "op:0").is_visible(), "unfolded at the step"
    press(page, "0")
    assert page.locator("#graph .node").count() == 14 + 5, "the whole graph"


def test_an_edge_to_something_folded_ends_at_the_box(show: Callable[..., Any]) -> None:
    page = show(study_traces.nested(blocks=2, depth=2))
    edges = page.locator(".edge").count()
    page.click('.title[data-node="box:2"]')
    page.click('.title[data-node="box:5"]')
    assert 0 < page.locator(".edge").count() < edges
    box = page.evaluate(
        "() => document.querySelector('[data-node=\"box:2\"] rect:last-of-type').getBoundingClientRect().toJSON()"
    )
    ends = page.evaluate(
        "() => [...document.querySelectorAll('.edge')].map((path) => { const at = path.getPointAtLength(1e9)"
        ".matrixTransform(path.getScreenCTM()); return [at.x, at.y] })"
    )
    assert any(box["left"] <= x <= box["right"] and abs(y - box["top"]) < 3 for x, y in ends)


def test_a_node_is_found_by_its_name(show: Callable[..., Any]) -> None:
    page = show(study_traces.nested(blocks=10, depth=3))
    assert card(page, "leaf:25").count() == 0
    page.fill("#find", "net.8.layer0.weight")
    page.locator("#find").dispatch_event("change")
    assert text(page).startswith("net.8.layer0.weight")
    assert card(page, "leaf:25").is_visible()


def test_nothing_overlaps_in_the_browser_either(show: Callable[..., Any]) -> None:
    page = show(study_traces.nested(blocks=2, depth=2))
    press(page, "0")
    areas = page.evaluate(
        "() => [...document.querySelectorAll('#graph .node rect')].map((r) => r.getBoundingClientRect().toJSON())"
    )
    assert len(areas) > 15
    for number, one in enumerate(areas):
        for other in areas[:number]:
            apart = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
            assert apart or one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1


TIMES = """() => {
  const measured = {};
  const timed = (name, act) => {
    const begin = performance.now();
    act();
    document.getElementById("graph").getBoundingClientRect();
    measured[name] = performance.now() - begin;
  };
  const key = (name) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
  timed("forward", () => { for (let step = 0; step < 10; step += 1) key("ArrowRight"); });
  timed("end", () => key("End"));
  timed("backward", () => { for (let step = 0; step < 10; step += 1) key("ArrowLeft"); });
  timed("unfold all", () => document.getElementById("unfold-all").click());
  timed("unfolded", () => { for (let step = 0; step < 10; step += 1) key("ArrowLeft"); });
  timed("fold all", () => document.getElementById("fold-all").click());
  return measured;
}"""


def test_two_thousand_nodes_stay_usable(show: Callable[..., Any]) -> None:
    """The limits are generous, for a machine that does other work meanwhile: a tenth of them is usual."""
    data = study_traces.nested(blocks=90, depth=6)
    assert len(data["ops"]) + len(data["leaves"]) > 2000
    page = show(data)
    assert page.locator("#graph .node").count() <= 100, "folded at first"
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    times = page.evaluate(TIMES)
    assert ready < 20_000
    assert max(times["forward"], times["backward"], times["unfolded"]) / 10 < 1000, times
    assert max(times["end"], times["unfold all"], times["fold all"]) < 10_000, times


# --- keys, themes, small screens --------------------------------------------------------------------------------------


def test_all_by_keyboard(show: Callable[..., Any]) -> None:
    page = show(study_traces.nested(blocks=2, depth=2))
    active = "() => document.activeElement.dataset.node ?? document.activeElement.id"
    seen = []
    for _ in range(24):
        press(page, "Tab")
        seen.append(page.evaluate(active))
    controls = {
        "theme",
        "help",
        "find",
        "zoom-in",
        "zoom-out",
        "zoom-fit",
        "fold-all",
        "unfold-all",
        "source",
        "detail",
    }
    assert controls | {"play", "forward", "last", "time", "speed"} <= set(seen)
    nodes = [name for name in seen if ":" in name]
    assert len(set(nodes)) == 1, "the graph is one stop for Tab"

    page.locator(f'[data-node="{nodes[0]}"]').focus()
    press(page, "ArrowDown", "ArrowDown")
    below = page.evaluate(active)
    assert ":" in below and below != nodes[0]
    press(page, "ArrowRight")
    assert said(page).startswith("Forward step 1 of 14") and page.evaluate(active) == below, "no key is lost"
    page.locator('.title[data-node="box:2"]').focus()
    press(page, "Enter")
    assert page.evaluate(active) == "box:2" and card(page, "box:2").get_attribute("aria-expanded") == "false"
    press(page, "Enter")
    assert page.evaluate(active) == "box:2" and card(page, "box:2").get_attribute("aria-expanded") == "true"

    before = page.get_attribute("#scene", "transform")
    press(page, "+")
    larger = page.get_attribute("#scene", "transform")
    press(page, "-")
    assert larger != before and page.get_attribute("#scene", "transform") != larger
    press(page, "0")
    page.focus("#last")
    press(page, "Enter")
    press(page, "ArrowLeft", "ArrowLeft")
    assert said(page).startswith("Backward step 12 of 14"), "the keys work where a button was disabled under them"
    page.focus("#find")
    press(page, "ArrowLeft")
    assert said(page).startswith("Backward step 12 of 14"), "a field keeps its own keys"
    press(page, "Escape", "ArrowRight")
    assert said(page).startswith("Backward step 13 of 14")


def test_the_graph_says_its_content(show: Callable[..., Any], line: Data) -> None:
    page = show(line, keep=True)
    assert page.get_attribute("#graph", "role") == "group"
    assert "3 operations, 3 leaves" in page.text_content("#graph-text")
    press(page, *["ArrowRight"] * 6)
    assert card(page, "op:0").get_attribute("aria-label") == "y_hat = mul, operation: gradient -4.0"
    for landmark in ("main", "header", "footer"):
        assert page.locator(f"body > {landmark}").count() == 1
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select')].filter((e) => !(e.textContent.trim()"
        " || e.ariaLabel || e.getAttribute('aria-label') || e.labels?.length)).length"
    )
    assert unnamed == 0


def paper(page: Any) -> float:
    red, green, blue = page.evaluate("() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    return float(red + green + blue) / 3


def test_light_and_dark(show: Callable[..., Any], line: Data) -> None:
    light, dark = show(line, color_scheme="light"), show(line, color_scheme="dark")
    assert paper(light) > 200 and paper(dark) < 60
    light.click("#theme")
    dark.click("#theme")
    assert paper(light) < 60 and paper(dark) > 200
    assert light.get_attribute("#theme", "aria-pressed") == "true"


def test_the_words_have_contrast_in_both_themes(show: Callable[..., Any], line: Data) -> None:
    """At least 4.5 to 1, as WCAG asks of text."""

    def luminance(colour: str) -> float:
        channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    pairs = [("ink", "paper"), ("ink", "lit"), ("forward", "forward-soft"), ("backward", "backward-soft")]
    pairs += [("quiet", "panel"), ("quiet", "paper"), ("forward", "panel"), ("backward", "panel"), ("update", "panel")]
    pairs += [("error", "error-soft"), ("quiet", "raised"), ("comment", "lit"), ("string", "lit"), ("word", "lit")]
    read = (
        "(name) => { const probe = document.createElement('i'); document.body.append(probe);"
        "probe.style.color = `var(--${name})`; const colour = getComputedStyle(probe).color; probe.remove();"
        "return colour }"
    )
    for scheme in ("light", "dark"):
        page = show(line, color_scheme=scheme)
        for text_colour, ground in pairs:
            bright, dim = sorted((luminance(page.evaluate(read, name)) for name in (text_colour, ground)), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (scheme, text_colour, ground)


@pytest.mark.parametrize("width", [360, 800])
def test_a_small_screen_needs_no_scrolling_sideways(show: Callable[..., Any], line: Data, width: int) -> None:
    page = show(line, size=(width, 740))
    press(page, *["ArrowRight"] * 6)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in ("#graph", "#detail", "#source", "#said", "#forward"):
        assert page.locator(part).bounding_box()["width"] > 20


def test_the_wheel_zooms_and_dragging_moves(show: Callable[..., Any], line: Data) -> None:
    page = show(line)
    before = card(page, "op:0").bounding_box()
    area = page.locator("#graph").bounding_box()
    page.mouse.move(area["x"] + 30, area["y"] + 30)
    page.mouse.down()
    page.mouse.move(area["x"] + 80, area["y"] + 60, steps=4)
    page.mouse.up()
    moved = card(page, "op:0").bounding_box()
    assert moved["x"] == pytest.approx(before["x"] + 50, abs=2) and moved["y"] == pytest.approx(before["y"] + 30, abs=2)
    page.mouse.wheel(0, -240)
    page.wait_for_timeout(100)
    assert card(page, "op:0").bounding_box()["width"] > moved["width"] * 1.2


def test_a_printed_page_shows_the_whole_graph(show: Callable[..., Any], line: Data) -> None:
    page = show(line)
    press(page, "+", "+", "+", "+", "+")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    area = page.locator("#graph").bounding_box()
    for box in (card(page, key).bounding_box() for key in ("leaf:0", "op:0", "op:2")):
        assert box["y"] >= area["y"] and box["y"] + box["height"] <= area["y"] + area["height"]
    assert not page.locator("#forward").is_visible()


# --- failures and hostile text ----------------------------------------------------------------------------------------


def test_a_failed_trace_opens_at_the_failure(show: Callable[..., Any]) -> None:
    page = show(study_traces.failed())
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied" in page.inner_text("#error")
    assert "(script.py, line 2)" in page.inner_text("#error")
    assert said(page).startswith("Forward step 2 of 2: matmul failed, line 2")
    assert "failed" in classes(page, "op:1")
    assert "failed" in page.get_attribute(".code.lit", "class")
    press(page, "ArrowLeft")
    assert said(page).startswith("Forward step 1 of 2: matmul of x (2, 3), w (3, 4) gives (2, 4)")


def test_a_failure_in_backward_is_marked(show: Callable[..., Any]) -> None:
    data = study_traces.line()
    data["events"] = data["events"][:5]
    data["backward"][1] |= {"outgoing": [], "error": "ValueError: no"}
    data["error"] = {"type": "ValueError", "message": "no", "file": 0, "line": 9, "op": None, "backward": 1}
    page = show(data)
    assert said(page) == "Backward step 2 of 2: SubBackward0 failed: ValueError: no"
    assert "failed" in classes(page, "op:1")


def test_a_trace_of_nothing(show: Callable[..., Any]) -> None:
    page = show(Maker("nothing").data)
    press(page, "ArrowRight", "ArrowLeft", "End", "Home", "+", "0")
    assert said(page).startswith("Before the first step. To come: 0 forward steps")


HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><!--"


def test_the_text_of_a_script_stays_text(show: Callable[..., Any]) -> None:
    made = Maker(HOSTILE, f"# {HOSTILE}\nx = '{HOSTILE}'\n")
    module = made.add("modules", path=HOSTILE, type=HOSTILE, extra=HOSTILE, parent=None, call=0)
    x = made.leaf(HOSTILE, 1.0, module=module)
    op = made.op(
        HOSTILE, {HOSTILE: ("leaf", x)}, 1.0, {HOSTILE: HOSTILE}, out_name=HOSTILE, file=0, line=1, module=module,
        arguments={HOSTILE: {"shown": HOSTILE}}, saved=[{"name": HOSTILE, "shown": HOSTILE}], doc=HOSTILE,
    )  # fmt: skip
    made.pull(op, made.value(1.0), [], {HOSTILE: (1.0, None)})
    made.data["error"] = {"type": HOSTILE, "message": HOSTILE, "file": 0, "line": 1, "op": None}
    page = show(made.data)
    for _ in range(3):
        press(page, "ArrowRight")
    card(page, "leaf:0").click()
    assert page.title() != "owned" and page.locator("img").count() == 0
    assert HOSTILE in page.inner_text("#error") and HOSTILE in page.text_content("#source")
    assert page.inner_text("#title") == HOSTILE


def test_what_happened_within_vmap_is_walked_through_without_numbers(show: Callable[..., Any]) -> None:
    w, x = minitorch.ones(3, requires_grad=True), minitorch.arange(6.0).reshape(2, 3)
    with trace() as recorded:
        minitorch.func.vmap(lambda row: (row * w).tanh().sum())(x).mean().backward()
    page = show(recorded.to_json())
    seen = []
    for _ in range(len(recorded.events)):
        press(page, "ArrowRight")
        seen.append(text(page))
    assert any(
        "Within vmap, where this is one item of a whole batch: the numbers were not kept." in each for each in seen
    )
    assert any("tanh" in each for each in seen)
