# SPDX-License-Identifier: MIT
import conftest
import pytest

PATHS = [path.replace("{ticker}", "AAPL").replace("{id}", "x").replace("{client_id}", "x")
         for path in conftest.DOCUMENT["paths"]]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST", "GET"])
def test_a_method_that_is_not_there(client, path, method):
    if conftest.find_operation(method, path):
        pytest.skip("it is there")
    response = client.request(method, path)
    assert response.status_code == 405
    allowed = {name.strip() for name in response.headers["allow"].split(",")}
    described = {name.upper() for template, operations in conftest.DOCUMENT["paths"].items()
                 for name in operations if conftest.find_operation(name.upper(), path) is
                 operations[name]}
    assert described <= allowed


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/", "/api/query/", "/api/query/a/b", "/v1",
                                  "/Health", "/health/", "/assets/none.js", "/assets/..%2Fx"])
def test_a_path_that_is_not_there(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["title"] == "Not Found"


def test_websocket_without_upgrade(client):
    assert client.get("/ws/client-1").status_code in (426, 501)


def test_nothing_leaks_about_the_inside(client):
    for path in ("/nothing", "/api/data/prices/NOSUCH", "/api/query/none"):
        text = client.get(path).text
        assert "Traceback" not in text and "/usr" not in text and ".c:" not in text
