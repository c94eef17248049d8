"""The points' and the modules' addresses."""

from __future__ import annotations

import pytest

from dashboard.components import modules
from dashboard.components.projector import make_points_route, points_address
from trainer.records.errors import ColumnError, NotFoundError, RunDamagedError


def test_the_answer_is_what_the_parameters_name_and_may_be_kept_for_ever(ask):
    route = make_points_route(lambda parameters: f"{parameters['run']}/{parameters['method']}".encode())
    answer = ask([route], points_address({"run": "a b", "method": "pca"}))

    assert (answer.status, answer.body) == (200, b"a b/pca")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "identity"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NotFoundError("secret path"), 404, b"no such run"),
        (ColumnError("There is no projection 'x'."), 400, b"There is no projection 'x'."),
        (RunDamagedError("/secret/path"), 500, b"modelruns doctor"),
    ],
)
def test_errors_are_answered_in_words_without_paths_and_not_kept(ask, error: Exception, status: int, said: bytes):
    def fail(_: object) -> bytes:
        raise error

    answer = ask([make_points_route(fail)], points_address({}))

    assert answer.status == status
    assert said in answer.body
    assert b"secret" not in answer.body
    assert answer.headers["cache-control"] == "no-store"


def test_another_host_name_is_turned_away(ask):
    route = make_points_route(lambda _: b"")

    assert ask([route], points_address({}), {"host": "evil.example"}).status == 400


def test_a_module_is_served_under_its_version_only(ask):
    routes = [modules.module_route()]
    address = f"{modules.ADDRESS}/{modules.version()}/projector/lasso.js"
    answer = ask(routes, address)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert b"export function inside" in answer.body
    assert ask(routes, address.replace(modules.version(), "000000000000")).status == 404


@pytest.mark.parametrize("name", ["projector/nothing.js", "../app.py", "projector/component.py", "..%2fapp.py"])
def test_nothing_but_modules_is_served(ask, name: str):
    assert ask([modules.module_route()], f"{modules.ADDRESS}/{modules.version()}/{name}").status == 404


def test_a_component_without_its_module_is_noticed_at_once():
    with pytest.raises(FileNotFoundError, match=r"projector/main\.js"):
        modules.loader("projector/nothing.js")
