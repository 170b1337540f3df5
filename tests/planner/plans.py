# SPDX-License-Identifier: MIT
"""What the checks of this folder share: ask the builtin planner, and let its programs go their way."""
import json
import subprocess


def read_answers(out, count):
    """Answers of the form SIZE, line end, text, line end; a size below 0 marks a failure."""
    for _ in range(count):
        head, out = out.split(b"\n", 1)
        size = abs(int(head))
        yield not head.startswith(b"-"), out[:size].decode()
        out = out[size + 1:]


def ask(plan_program, questions):
    """For each (as-of date, question): whether it was understood, and the plan or the refusal."""
    lines = "".join(f"{as_of}\t{question}\n" for as_of, question in questions)
    out = subprocess.run([plan_program], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return list(read_answers(out.stdout, len(questions)))


class Way:
    """The sanitizer and the sandbox, over a folder of prices."""

    def __init__(self, way_program, data):
        self.process = subprocess.Popen([way_program, str(data)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def run(self, plan, as_of):
        """Whether it ran to its end, and the object it printed or what went wrong."""
        plan = plan.encode()
        self.process.stdin.write(f"{as_of} {len(plan)}\n".encode() + plan)
        self.process.stdin.flush()
        head = self.process.stdout.readline()
        text = self.process.stdout.read(abs(int(head)) + 1).decode()
        return (True, json.loads(text)) if int(head) >= 0 else (False, text.strip())
