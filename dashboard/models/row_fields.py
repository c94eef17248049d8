"""Choosing the rows to train on: all training rows, or those whose keys are given."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import loading
from dashboard.address import last_selection
from dashboard.models.wording import plain
from trainer.records.wording import count

_ALL, _CHOSEN = "All training rows", "Chosen rows"
_MEGABYTES: Final = 20
_HELP: Final = (
    "Chosen rows that are not training rows become training rows in a data version made for the model, "
    "and are not measured."
)


def choose(key: str, *, several: bool) -> tuple[str, ...] | None:
    """Draw the fields and return the keys of the chosen rows, each once; None for all training rows.

    Args:
        key: Beginning of the fields' keys.
        several: Whether there are several projects, so that a row is called ``project/key``.
    """
    which = st.segmented_control(
        "Rows",
        [_ALL, _CHOSEN],
        default=_ALL,
        required=True,
        key=f"{key}_which_rows",
        help=_HELP,
        persist_state="session",
    )
    if which == _ALL:
        return None
    typed = st.text_area(
        "Keys of the rows",
        key=f"{key}_row_keys",
        height=120,
        placeholder="One a line, such as " + ("project/0001.jpg" if several else "0001.jpg"),
        persist_state="session",
    )
    _offer_lasso(f"{key}_row_keys")
    file = st.file_uploader(
        "A text file of keys, one a line", ["txt", "csv"], max_upload_size=_MEGABYTES, key=f"{key}_row_file"
    )
    return keys_in(typed, _text_of(file))


def keys_in(*texts: str) -> tuple[str, ...]:
    r"""The keys that stand in texts, one a line, in their order and each once; empty lines are passed over.

    Example:
        >>> keys_in("b.jpg\na.jpg\n\n", "a.jpg\r\nc.jpg")
        ('b.jpg', 'a.jpg', 'c.jpg')
    """
    return tuple(dict.fromkeys(line for text in texts for line in text.splitlines() if line.strip()))


def _text_of(file: UploadedFile | None) -> str:
    if file is None:
        return ""
    try:
        return file.getvalue().decode("utf-8-sig")
    except UnicodeDecodeError:
        st.error(f"{plain(file.name)} is no text in UTF-8. Save it as text, one key a line.")
        return ""


def _offer_lasso(field: str) -> None:
    """Where rows were lassoed on the Compare page, put their keys into a field."""
    selection = last_selection()
    if not selection.lasso:
        return
    keys = loading.chosen_keys(selection)
    st.button(
        f"Take the {count(len(keys), 'row')} inside the lasso on the Compare page",
        key=f"{field}_lasso",
        icon=":material/lasso_select:",
        on_click=lambda: st.session_state.update({field: "\n".join(keys)}),
    )
