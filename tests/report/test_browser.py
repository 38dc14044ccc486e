"""Pages in a real browser, offline: no complaint, images drawn, tables that sort."""

from mne_arousal.report import make_report, save_report

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
    assert page.get_by_text(f"{night.arousal_index:.1f} per hour of sleep").count() == 1


def test_table_of_arousals_sorts(page_path, simulated, open_page):
    page, complaints = open_page(page_path)
    _, night = simulated
    scores = [f"{score:.2f}" for score in night.arousals["score"]]
    assert column(page, "All arousals", "Score") == scores
    click(page, "All arousals", "Score")
    assert column(page, "All arousals", "Score") == sorted(scores, key=float)
    click(page, "All arousals", "Score")
    assert column(page, "All arousals", "Score") == sorted(scores, key=float, reverse=True)
    # the other table keeps its order
    assert column(page, "Rejected candidates", "Onset (s)") == [
        f"{onset:.1f}" for onset in night.candidates["onset"]
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
