"""Pages in a real browser, offline: no complaint, images drawn, tables that sort."""

from mne_arousal.report import make_report, save_report
from mne_arousal.viz.clock import elapsed_text

from .test_dataset import write_derivative

HEADS = "table.mne-arousal thead th button"


def column(page, title, head):
    """Texts of a column of the table under a title."""
    section = page.locator(".accordion-item", has=page.get_by_role("button", name=title))
    number = section.locator(HEADS).all_text_contents().index(head) + 1
    return section.locator(f"tbody tr td:nth-child({number})").all_text_contents()


def click(page, title, head):
    section = page.locator(".accordion-item", has=page.get_by_role("button", name=title))
    section.locator(HEADS, has_text=head).first.click()


def test_page_of_a_night(page_path, simulated, open_page):
    page, complaints = open_page(page_path)
    assert complaints == []
    sizes = page.evaluate(
        "Array.from(document.images).map(i => [i.complete, i.naturalWidth, i.clientWidth])"
    )
    assert len(sizes) >= 5
    assert all(complete and natural > 400 for complete, natural, _ in sizes[1:])
    assert page.get_by_text("flat <b>channel</b>").count() == 1
    _, night = simulated
    number = f"{night.arousal_index:.1f}"
    assert page.locator(".mne-arousal-numbers b", has_text=number).count() >= 1
    assert all(page.evaluate("Array.from(document.images).map(i => i.alt.length > 2)"))


def test_first_screen_on_a_desk_and_on_a_phone(page_path, open_page):
    page, _ = open_page(page_path)
    page.set_viewport_size({"width": 1300, "height": 900})
    boxes = page.locator(".mne-arousal-numbers div")
    assert boxes.count() == 5
    box = boxes.first.bounding_box()
    assert box["y"] + box["height"] < 900  # the picture and the numbers, without scrolling
    page.set_viewport_size({"width": 420, "height": 850})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert not page.locator("#toc").is_visible()
    assert page.locator("#top-bar").evaluate("e => getComputedStyle(e).position") == "static"


def test_print_shows_every_row(page_path, open_page):
    page, _ = open_page(page_path)
    page.emulate_media(media="print")
    cut = page.evaluate(
        "Array.from(document.querySelectorAll('.mne-arousal-scroll'))"
        ".filter(e => getComputedStyle(e).overflowY !== 'visible').length"
    )
    assert cut == 0
    assert page.locator("#top-bar").evaluate("e => getComputedStyle(e).position") == "static"
    left = page.evaluate(
        "Math.min(...Array.from(document.querySelectorAll('.accordion-body'))"
        ".map(e => e.getBoundingClientRect().left))"
    )
    assert left >= 0
    # Chromium repeats the head of a table on each page only where it holds no button
    head = page.locator(HEADS).first
    assert head.evaluate("e => getComputedStyle(e).display") == "contents"
    rows = page.locator("table.mne-arousal thead").first
    assert rows.evaluate("e => getComputedStyle(e).display") == "table-header-group"


def test_table_of_arousals_sorts(page_path, simulated, open_page):
    page, complaints = open_page(page_path)
    _, night = simulated
    scores = [f"{value:.2f}" for value in night.arousals["probability"]]
    assert column(page, "All arousals", "Probability") == scores
    click(page, "All arousals", "Probability")
    assert column(page, "All arousals", "Probability") == sorted(scores, key=float)
    click(page, "All arousals", "Probability")
    assert column(page, "All arousals", "Probability") == sorted(scores, key=float, reverse=True)
    # the other table keeps its order
    assert column(page, "Rejected candidates", "After the start") == [
        elapsed_text(onset) for onset in night.candidates["onset"]
    ]
    assert complaints == []


def test_page_of_a_dataset(tmp_path, open_page):
    derivative = write_derivative(tmp_path / "study" / "derivatives" / "mne-arousal")
    path = save_report(make_report(derivative, verbose="error"), tmp_path / "dataset.html")
    page, complaints = open_page(path)
    assert complaints == []
    assert "study" in page.title()
    click(page, "All recordings", "arousal index")
    # numbers by their size, and what has none at the end, whichever way
    assert column(page, "All recordings", "arousal index") == ["9.0", "10.0", "n/a"]
    click(page, "All recordings", "arousal index")
    assert column(page, "All recordings", "arousal index") == ["10.0", "9.0", "n/a"]
    assert page.get_by_text("<script>").count() > 0  # shown, not run
