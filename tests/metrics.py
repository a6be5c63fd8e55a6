"""What a server tells of itself: its metrics, as the official parsers read them."""

import http.client

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def get(port: int, path: str = "/metrics", method: str = "GET", accept: str | None = None):
    """Status, content type and text of an answer of the listener for metrics."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers={"Accept": accept} if accept else {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()
    finally:
        connection.close()


class Metrics:
    """One look at all of them."""

    def __init__(self, port: int, accept: str | None = None):
        status, self.content_type, self.text = get(port, accept=accept)
        assert status == 200, self.text
        parse = openmetrics if accept else prometheus
        self.families = {family.name: family for family in parse(self.text)}

    def value(self, name: str, **labels) -> float:
        """The value of a series; 0 if it is not there yet."""
        found = [
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(found) <= 1
        return found[0] if found else 0.0

    def samples(self) -> set:
        """Names of all series."""
        return {sample.name for family in self.families.values() for sample in family.samples}

    def types(self) -> dict:
        return {family.name: family.type for family in self.families.values()}
