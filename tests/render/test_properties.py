"""Whatever the values hold: JSON carries it, and text shows it without being steered by it."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib import resources

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from dlsetup.render import as_json, as_text
from dlsetup.values.environment import Distribution, Environment, Interpreter, Session, Storage, TorchBuild
from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.host import Cpu, Driver, Gap, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.plan import Package, Plan, Proposal, Reason, Rejection, Step
from dlsetup.values.report import Inventory, Outcome, Report, SmokeResult

NASTY = (
    "[red]",
    "[/]",
    "[link=x]y[/link]",
    ":smile:",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\r",
    "\n",
    "\u202e",
    "\udcff",
    "日本",
)

text = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=()), max_size=12))
maybe_text = st.none() | text
count = st.none() | st.integers(0, 2**60)
flag = st.none() | st.booleans()
number = st.floats()
maybe_number = st.none() | number


def some(values, size=3):
    return st.lists(values, max_size=size).map(tuple)


hosts = st.builds(
    Host,
    os=st.builds(
        OperatingSystem,
        system=st.sampled_from((None, "linux", "macos", "windows")),
        distribution=maybe_text,
        version=maybe_text,
        kernel=maybe_text,
        wsl=st.sampled_from((None, 1, 2)),
        container=maybe_text,
    ),
    libc=st.builds(Libc, family=st.sampled_from((None, "glibc", "musl")), version=maybe_text),
    memory_bytes=count,
    cpu=st.builds(
        Cpu,
        architecture=maybe_text,
        vendor=maybe_text,
        brand=maybe_text,
        microarchitecture=maybe_text,
        features=st.none() | some(text),
        physical_cores=count,
        logical_cores=count,
        translated=maybe_text,
    ),
    gpus=some(
        st.builds(
            Gpu,
            vendor=text,
            name=maybe_text,
            architecture=maybe_text,
            memory_bytes=count,
            pci_id=maybe_text,
            integrated=flag,
            virtual=flag,
            mig=flag,
            cores=count,
        )
    ),
    drivers=some(
        st.builds(
            Driver,
            vendor=text,
            version=maybe_text,
            supports=maybe_text,
            state=st.sampled_from(("ok", "missing", "mismatch", "error")),
            detail=maybe_text,
        )
    ),
    gaps=some(st.builds(Gap, what=text, why=text)),
)
interpreters = st.builds(
    Interpreter,
    path=text,
    version=maybe_text,
    implementation=maybe_text,
    bits=st.sampled_from((None, 32, 64)),
    free_threaded=flag,
    architecture=maybe_text,
    externally_managed=flag,
    missing_modules=some(text),
    problem=maybe_text,
)
disks = st.builds(
    Storage,
    path=text,
    purpose=text,
    total_bytes=count,
    free_bytes=count,
    writable=flag,
    noexec=flag,
    filesystem=maybe_text,
)
environments = st.builds(
    Environment,
    path=text,
    kind=st.sampled_from(("venv", "conda", "system", "unknown")),
    interpreter=interpreters,
    distributions=some(st.builds(Distribution, name=text, version=maybe_text, folder=text)),
    leftovers=some(text),
    torch=st.none() | st.builds(TorchBuild, version=maybe_text, cuda=maybe_text, hip=maybe_text, xpu=maybe_text),
    home=maybe_text,
    writable=flag,
    problem=maybe_text,
)
remedies = st.builds(
    Remedy,
    text=text,
    commands=some(text),
    automatic=st.booleans(),
    needs_root=st.booleans(),
    needs_reboot=st.booleans(),
    links=some(text),
)
checks = st.sampled_from(("m.gpu", "fit.driver", "run.device", "py.env", "odd", ""))
findings = st.builds(
    Finding,
    check=checks,
    status=st.sampled_from(Status),
    summary=text,
    mode=maybe_text,
    evidence=some(text, 5),
    remedy=st.none() | remedies,
    because=st.none() | checks,
)
plans = st.builds(
    Plan,
    frameworks=some(text),
    accelerator=text,
    compute=text,
    python=maybe_text,
    environment=maybe_text,
    packages=some(st.builds(Package, name=text, version=text, index=maybe_text, size_bytes=count)),
    steps=some(st.builds(Step, title=text, argv=some(text))),
    reasons=some(text),
    rejected=some(
        st.builds(
            Rejection,
            framework=text,
            version=text,
            compute=text,
            reasons=some(st.builds(Reason, code=st.sampled_from(("platform", "python")), text=text)),
        ),
        8,
    ),
    builds=st.just(()),
    installed_bytes=count,
)
proposals = st.builds(Proposal, status=st.sampled_from(("ok", "cpu-only", "unsupported")), plans=some(plans, 2))
results = st.builds(
    SmokeResult,
    framework=text,
    version=maybe_text,
    backend=maybe_text,
    planned=maybe_text,
    device=maybe_text,
    accelerator=maybe_text,
    losses=some(number, 6),
    accuracy=maybe_number,
    max_difference=maybe_number,
    import_seconds=maybe_number,
    train_seconds=maybe_number,
    peak_memory_bytes=count,
    surface=some(some(number)),
    points=some(st.tuples(number, number, st.integers(-1, 2))),
)
outcomes = st.builds(Outcome, title=text, exit_code=st.none() | st.integers(-15, 3), seconds=number, tail=some(text))
reports = st.builds(
    Report,
    command=st.sampled_from(("doctor", "install")),
    host=hosts,
    environments=some(environments, 2),
    session=st.none() | st.builds(Session, folder=maybe_text),
    storage=some(disks, 2),
    proposal=st.none() | proposals,
    findings=some(findings, 5),
    outcomes=some(outcomes, 2),
    smoke=some(results, 2),
    deep=st.booleans(),
    exit_code=st.integers(0, 7),
)
homes = st.sampled_from((None, "", "/", "/home/anna", "C:\\Users\\anna"))


def printed(draw, *, width: int, encoding: str) -> str:
    """Return what reaches a file, through a real encoder: whatever cannot be encoded would raise."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    draw(as_text.make_console(width=width, file=file))
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def assert_harmless(output: str) -> None:
    steering = [
        character for character in output if character != "\n" and not character.isprintable() and character != "\xa0"
    ]
    assert not [each for each in steering if ord(each) < 0xA0 or 0x200E <= ord(each) <= 0x2069]


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    shape = resources.files("dlsetup.render").joinpath(f"schemas/{kind}.schema.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(shape))


def validate(kind: str, text: str) -> dict:
    answer = json.loads(text)
    validator(kind).validate(answer)
    return answer


@given(report=reports)
@settings(deadline=None, max_examples=60)
def test_a_report_survives_json(report):
    answer = validate("report", as_json.report_json(report))
    assert answer["exit_code"] == report.exit_code
    again = tuple(
        Finding(
            **{
                **finding,
                "status": Status(finding["status"]),
                "evidence": tuple(finding["evidence"]),
                "remedy": finding["remedy"]
                and Remedy(
                    **{
                        **finding["remedy"],
                        "commands": tuple(finding["remedy"]["commands"]),
                        "links": tuple(finding["remedy"]["links"]),
                    }
                ),
            }
        )
        for finding in answer["findings"]
    )
    assert again == report.findings
    assert [Gap(**gap) for gap in answer["host"]["gaps"]] == list(report.host.gaps)
    assert [Gpu(**gpu) for gpu in answer["host"]["gpus"]] == list(report.host.gpus)
    assert [Driver(**driver) for driver in answer["host"]["drivers"]] == list(report.host.drivers)
    assert [each["path"] for each in answer["environments"]] == [each.path for each in report.environments]


@given(
    proposal=proposals, inventory=st.builds(Inventory, host=hosts, interpreters=some(interpreters), storage=some(disks))
)
@settings(deadline=None, max_examples=40)
def test_plans_and_machines_fit_their_schemas(proposal, inventory):
    assert validate("plan", as_json.proposal_json(proposal))["status"] == proposal.status
    assert len(validate("host", as_json.host_json(inventory))["interpreters"]) == len(inventory.interpreters)


@given(
    report=reports,
    verbose=st.booleans(),
    home=homes,
    width=st.integers(1, 120),
    encoding=st.sampled_from(("utf-8", "ascii", "cp1252", "gb18030")),
)
@settings(deadline=None, max_examples=150)
def test_a_report_is_shown_whatever_it_holds(report, verbose, home, width, encoding):
    output = printed(
        lambda console: as_text.print_report(console, report, verbose, home), width=width, encoding=encoding
    )
    assert output
    assert_harmless(output)


@given(proposal=proposals, verbose=st.booleans(), home=homes, width=st.integers(1, 120))
@settings(deadline=None, max_examples=60)
def test_a_plan_is_shown_whatever_it_holds(proposal, verbose, home, width):
    output = printed(
        lambda console: as_text.print_proposal(console, proposal, verbose, home), width=width, encoding="utf-8"
    )
    assert output
    assert_harmless(output)


@given(
    host=hosts, interpreters=some(interpreters), storage=some(disks), verbose=st.booleans(), width=st.integers(1, 120)
)
@settings(deadline=None, max_examples=60)
def test_a_machine_is_shown_whatever_it_holds(host, interpreters, storage, verbose, width):
    inventory = Inventory(host=host, interpreters=interpreters, storage=storage)
    output = printed(
        lambda console: as_text.print_inventory(console, inventory, verbose), width=width, encoding="utf-8"
    )
    assert output.startswith("System")
    assert_harmless(output)


@given(results=some(results), findings=some(findings), show=st.booleans(), encoding=st.sampled_from(("utf-8", "ascii")))
@settings(deadline=None, max_examples=60)
def test_smoke_tests_are_shown_whatever_they_measured(results, findings, show, encoding):
    output = printed(lambda console: as_text.print_smoke(console, results, findings, show), width=80, encoding=encoding)
    assert output.count("train") >= len(results)
    assert_harmless(output)


@given(what=text, seen=text, do=text)
@settings(deadline=None, max_examples=60)
def test_an_error_is_shown_whatever_it_holds(what, seen, do):
    output = printed(lambda console: as_text.print_error(console, what, seen, do), width=60, encoding="utf-8")
    assert output.startswith("error")
    assert_harmless(output)


def test_markup_in_data_is_printed_as_it_is():
    gpu = Gpu(vendor="nvidia", name="[bold red]RTX[/] :rocket: [link=https://x]4090")
    inventory = Inventory(host=Host(gpus=(gpu,)))
    output = printed(lambda console: as_text.print_inventory(console, inventory), width=100, encoding="utf-8")
    assert str(gpu.name) in output


def test_escapes_in_data_are_written_out():
    inventory = Inventory(host=Host(cpu=Cpu(brand="\x1b[2Jgone \u202etxet\x07")))
    output = printed(lambda console: as_text.print_inventory(console, inventory), width=100, encoding="utf-8")
    assert "\\x1b[2Jgone \\u202etxet\\x07" in output
