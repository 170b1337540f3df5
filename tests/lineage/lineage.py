#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What answers come from, as a graph in a server that speaks as Neo4j does.

lineage.py DRIVER FOLDER

FOLDER gets an environment with an openCypher engine that runs the statements. Where it cannot be
installed, all but the graph itself is tested, and the exit status is 77: skipped.
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

SKIP = 77
ENGINE = "ocg==0.4.6"
ANSWER = json.dumps({
    "query_id": "q1", "question": "it's \"quoted\" ü", "status": "verified", "prediction_id": None,
    "result": {"metric": "beta", "value": 1.25, "unit": "ratio",
               "values": {"observations": 251, "note": "text", "flag": True}},
    "provenance": {"as_of": "2022-12-28", "code_sha256": "c" * 64,
                   "data": [{"symbol": "AAPL", "first": "2021-01-04", "last": "2021-12-31", "rows": 252,
                             "sha256": "a" * 64}]},
    "llm": {"provider": "builtin"}}, ensure_ascii=False)


def install_engine(folder):
    """The environment's interpreter, or None."""
    python = folder / "bin" / "python"
    if python.exists() and not subprocess.run([python, "-c", "import ocg"], capture_output=True).returncode:
        return python
    for step in ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "-q", ENGINE]):
        if subprocess.run(step, capture_output=True).returncode:
            return None
    return python


class Driver:
    """The program under test, with a lineage to ``neo4j``."""

    def __init__(self, uri, **environment):
        import neo4j_server
        settings = {"NEO4J_URI": uri, "NEO4J_PASSWORD": neo4j_server.PASSWORD, **environment}
        self.process = subprocess.Popen(
            [DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **{name: value for name, value in settings.items() if value is not None}})

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.log = self.process.communicate()[1]

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def counts(self):
        """How many were written, how many dropped."""
        return tuple(int(float(n)) for n in self("counts").split())


class Lineage(unittest.TestCase):
    def check_one(self, neo4j, path):
        with Driver(neo4j.uri) as drive:
            self.assertEqual(drive(f"post {ANSWER}"), "APE_OK")
            self.assertEqual(drive("flush 20000"), "APE_OK")
            self.assertEqual(drive.counts(), (1, 0))
        self.assertEqual([p for p, _ in neo4j.requests], [path])
        answer = neo4j.answers()[0]
        self.assertEqual(answer["question"], "it's \"quoted\" ü")
        self.assertEqual([(f["name"], f["value"]) for f in answer["facts"]],
                         [("beta", 1.25), ("observations", 251)])
        self.assertEqual(answer["data"][0]["symbol"], "AAPL")

    def test_the_query_api(self):
        with Neo4j() as neo4j:
            self.check_one(neo4j, QUERY)

    def test_a_neo4j_before_5_19(self):
        with Neo4j(paths=(TRANSACTION,)) as neo4j:
            self.check_one(neo4j, TRANSACTION)

    def test_the_path_of_the_uri_names_the_database(self):
        with Neo4j(paths=("/db/prices/query/v2",)) as neo4j, Driver(neo4j.uri + "/prices/") as drive:
            drive(f"post {ANSWER}")
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (1, 0)))

    def test_no_such_database(self):
        with Neo4j(paths=()) as neo4j, Driver(neo4j.uri) as drive:
            drive(f"post {ANSWER}")
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (0, 1)))
            neo4j.paths = (QUERY,)
            drive(f"post {ANSWER}")
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (1, 1)))

    def test_a_wrong_password(self):
        with Neo4j() as neo4j, Driver(neo4j.uri, NEO4J_PASSWORD="make-believe-wrong") as drive:
            drive(f"post {ANSWER}")
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (0, 1)))
        self.assertEqual(neo4j.requests, [])
        self.assertIn("Neo.ClientError.Security.Unauthorized", drive.log)
        self.assertNotIn("make-believe", drive.log)

    def test_a_password_in_the_uri(self):
        with Neo4j() as neo4j:
            uri = neo4j.uri.replace("//", f"//neo4j:{PASSWORD}@")
            with Driver(uri, NEO4J_PASSWORD=None) as drive:
                drive(f"post {ANSWER}")
                self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (1, 0)))

    def test_trouble_that_passes(self):
        for path in (QUERY, TRANSACTION):
            with Neo4j(paths=(path,), trouble=[503, "Neo.TransientError.General.DatabaseUnavailable"]) as neo4j:
                with Driver(neo4j.uri) as drive:
                    drive(f"post {ANSWER}")
                    self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (1, 0)))
                self.assertEqual(len(neo4j.requests), 3)

    def test_trouble_that_stays(self):
        for trouble in ("Neo.ClientError.Statement.SyntaxError", 403, "html"):
            for path in (QUERY, TRANSACTION):
                with Neo4j(paths=(path,), trouble=[trouble]) as neo4j, Driver(neo4j.uri) as drive:
                    drive(f"post {ANSWER}")
                    self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (0, 1)), trouble)

    def test_nobody_there(self):
        with Driver("http://127.0.0.1:1", RETRIES="1") as drive:
            answer = json.loads(drive("ask Calculate the Sharpe ratio for AAPL in 2021"))
            self.assertEqual(answer["status"], "verified")
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (0, 1)))

    def test_a_server_that_hangs_keeps_nobody_waiting(self):
        with Neo4j(trouble=["hang"]) as neo4j, Driver(neo4j.uri, QUEUE_LIMIT="5") as drive:
            drive(f"post {ANSWER}")
            while neo4j.trouble:  # until the request is there
                time.sleep(0.01)
            self.assertEqual(drive(f"repeat 8 {ANSWER}"), "3")
            self.assertEqual(drive("flush 1"), "APE_ERR_TIMEOUT")
            self.assertEqual(drive.counts(), (0, 3))

    def test_what_is_no_answer_is_left_out(self):
        with Neo4j() as neo4j, Driver(neo4j.uri) as drive:
            self.assertEqual(drive("post nonsense"), "APE_OK")
            self.assertEqual(drive("post {\"query_id\": 5}"), "APE_OK")
            self.assertEqual(drive("flush 20000"), "APE_OK")
            self.assertEqual(neo4j.answers(), [])

    def test_off_unless_configured(self):
        with Driver(None) as drive:
            self.assertEqual(drive.process.stdout.readline(), "off\n")
            self.assertEqual(drive(f"post {ANSWER}"), "APE_OK")
            self.assertEqual(drive("flush 0"), "APE_OK")

    def test_uris_that_are_none(self):
        for uri in ("neo4j://127.0.0.1:7687", "http://127.0.0.1/a/b", "http://127.0.0.1/a?b=c", "http://"):
            with Driver(uri) as drive:
                said = drive.process.stdout.readline()
            self.assertIn("NEO4J_URI", said + drive.log, uri)
            self.assertEqual(drive.process.returncode, 1)


class Graph(unittest.TestCase):
    """The statement, run by an openCypher engine."""

    def query(self, neo4j, text):
        return sorted(tuple(row.values()) for row in neo4j.graph.execute(text))

    def test_real_answers(self):
        with Neo4j() as neo4j, Driver(neo4j.uri) as drive:
            asked = [json.loads(drive(f"ask {question}")) for question in (
                "Calculate the Sharpe ratio for AAPL in 2021", "Correlation of KO and PEP in 2021",
                "Correlation of KO and PEP in 2021", "Who will win the match tonight?")]
            self.assertEqual((drive("flush 20000"), drive.counts()), ("APE_OK", (4, 0)))
            ids = [a["query_id"] for a in asked]
            self.assertEqual(self.query(neo4j, "MATCH (q:Query) RETURN q.id, q.status"),
                             sorted(zip(ids, ["verified"] * 3 + ["refused"])))
            came_from = self.query(neo4j, "MATCH (q:Query)-[:USED]->(f:Fact)-[:FROM]->(d:Dataset) "
                                          "RETURN q.id, f.name, d.symbol")
            self.assertIn((ids[0], "sharpe_ratio", "AAPL"), came_from)
            for symbol in ("KO", "PEP"):
                self.assertIn((ids[1], "correlation", symbol), came_from)
                self.assertIn((ids[2], "correlation", symbol), came_from)
            self.assertNotIn(ids[3], [row[0] for row in came_from])
            # The same program over the same data: the same fact.
            self.assertEqual(self.query(neo4j, "MATCH (f:Fact {name: 'correlation'}) RETURN f.value"),
                             [(asked[1]["result"]["value"],)])

    def test_writing_again_changes_nothing(self):
        with Neo4j() as neo4j, Driver(neo4j.uri) as drive:
            counted = []
            for _ in range(2):
                drive(f"post {ANSWER}")
                self.assertEqual(drive("flush 20000"), "APE_OK")
                counted.append((neo4j.graph.node_count(), neo4j.graph.edge_count()))
        self.assertEqual(counted, [(4, 4), (4, 4)])


def main():
    global DRIVER, Neo4j, PASSWORD, QUERY, TRANSACTION
    DRIVER, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if "--inside" not in sys.argv:
        python = install_engine(folder)
        return subprocess.run([python or sys.executable, __file__, *sys.argv[1:], "--inside"]).returncode
    import neo4j_server
    Neo4j, PASSWORD = neo4j_server.Neo4j, neo4j_server.PASSWORD
    QUERY, TRANSACTION = neo4j_server.QUERY, neo4j_server.TRANSACTION
    cases = [unittest.defaultTestLoader.loadTestsFromTestCase(Lineage)]
    if neo4j_server.ocg:
        cases.append(unittest.defaultTestLoader.loadTestsFromTestCase(Graph))
    if not unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(cases)).wasSuccessful():
        return 1
    if not neo4j_server.ocg:
        print(f"SKIPPED: the graph itself; {ENGINE} cannot be installed here")
        return SKIP
    return 0


sys.exit(main())
