"""Tables of results that somebody changed."""

import os

import pytest

from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.tables import read_table


def test_numbers_and_texts(tmp_path):
    """As they were written."""
    path = tmp_path / "a.tsv"
    path.write_text("onset\tduration\tsubject\tprobability\n1.5\t2\t01\tn/a\n")
    table = read_table(path, needed=("onset", "duration"), texts=("subject",))
    assert table["subject"][0] == "01"
    assert table["onset"][0] == 1.5
    assert table["probability"].isna().all()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "onset\n1\n",
        "onset,duration\nsoon,2\n",
        "onset,duration\n1e9,2\n",
        "onset,duration\ninf,2\n",
        "onset,duration\n,2\n",
        "onset,duration,p_W\n1,2,0.880.4\n",
        'onset,duration\n1,"2\n',
        "onset,duration\n1,2,3,4\n5\n",
        "\0" * 50,
    ],
)
def test_changed_tables(tmp_path, text):
    """Refused in a sentence."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(RecordingError, match=r"a\.csv: can't be read as a table"):
        read_table(path, needed=("onset", "duration"))


def test_a_pipe(tmp_path):
    """Is not waited for."""
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(RecordingError, match="no regular file"):
        read_table(tmp_path / "a.csv")
