"""Plans for retired frameworks and for Spark, with the catalog that ships and a resolver that says yes."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.plan import Planner
from dlsetup.values.environment import IndexSettings, Interpreter, Java
from dlsetup.values.host import Cpu, Host, Libc, OperatingSystem
from dlsetup.values.plan import Package, Place, Resolution
from dlsetup.values.request import Request, Wanted

HOST = Host(
    os=OperatingSystem(system="linux", distribution="debian", version="12"),
    libc=Libc(family="glibc", version="2.36"),
    cpu=Cpu(architecture="x86_64", features=("avx", "avx2", "fma")),
)
RETIRED = ("chainer", "cntk", "mxnet")


class YesResolver:
    """Resolves whatever it is asked, and remembers the questions."""

    def __init__(self):
        self.queries = []

    def __call__(self, query):
        self.queries.append(query)
        names = [each.partition("=")[0].partition("<")[0] for each in query.requirements]
        return Resolution(packages=tuple(Package(name=name, version="1") for name in names), lock="lock")


def place(python, environment="/home/user/project/.venv"):
    interpreter = Interpreter(
        path=f"/opt/python{python}/bin/python", version=python + ".1", implementation="cpython", architecture="x86_64"
    )
    return Place(environment=environment, interpreter=interpreter)


def propose(*frameworks, python="3.11", java=None, host=HOST, **request):
    wanted = tuple(Wanted(framework=name) for name in frameworks)
    resolver = YesResolver()
    planner = Planner(
        request=Request(wanted=wanted, **request),
        host=host,
        catalog=load_catalog(),
        settings=IndexSettings(),
        resolve=resolver,
        java=java,
    )
    return planner.proposal([place(python)]), resolver.queries


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_framework_is_planned_after_one_sentence_on_its_state(name):
    proposal, _ = propose(name, python="3.6")
    framework = load_catalog().framework(name)
    assert proposal.status == "cpu-only"
    assert framework.state_note in proposal.plans[0].reasons


@pytest.mark.parametrize("python", ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11"])
@pytest.mark.parametrize("name", ["mxnet", "chainer"])
def test_mxnet_and_chainer_are_planned_for_every_python_that_they_trained_on(name, python):
    assert propose(name, python=python)[0].status == "cpu-only"


@pytest.mark.parametrize(("name", "python"), [("mxnet", "3.12"), ("chainer", "3.12"), ("cntk", "3.7")])
def test_another_python_is_refused_with_the_one_that_is_needed(name, python):
    proposal, _ = propose(name, python=python)
    assert proposal.status == "unsupported"
    reasons = " ".join(proposal.plans[0].reasons)
    assert f"has wheels for Python {python}" in reasons
    assert "3.6" in reasons


def test_a_python_that_uv_does_not_fetch_is_to_be_brought_along():
    proposal, _ = propose("cntk")
    assert "uv does not fetch" in proposal.plans[0].reasons[0]
    assert "pyenv install 3.6" in proposal.plans[0].reasons[0]


def test_the_stand_in_of_cntk_is_a_step_after_the_packages_and_a_reason():
    plan = propose("cntk", python="3.6")[0].plans[0]
    assert [step.shim is not None for step in plan.steps] == [False, False, True]
    assert plan.steps[-1].argv == ()
    assert "libmpi.so.12" in plan.steps[-1].title
    assert any("stand-in is written into the environment" in reason for reason in plan.reasons)


def test_only_chainer_itself_is_built_and_its_tools_are_held():
    _, queries = propose("chainer")
    assert queries[-1].source_only == ("chainer",)
    assert queries[-1].build_constraints == ("setuptools<81",)


@pytest.mark.parametrize("order", [("mxnet", "pytorch"), ("pytorch", "mxnet")])
def test_the_living_framework_keeps_the_place_and_the_retired_one_gets_its_own(order):
    proposal, _ = propose(*order, accelerator="cpu")
    environments = {plan.frameworks[0]: plan.environment for plan in proposal.plans}
    assert environments == {
        "pytorch": "/home/user/project/.venv",
        "mxnet": "/home/user/project/.venv-mxnet",
    }


def test_two_retired_frameworks_do_not_share_either():
    proposal, _ = propose("mxnet", "chainer")
    assert len({plan.environment for plan in proposal.plans}) == 2


def test_spark_comes_with_torch_and_with_what_carries_batches():
    plan = propose("spark", java=Java(path="/usr/bin/java", version="17.0.15"), accelerator="cpu")[0].plans[0]
    assert plan.frameworks == ("spark", "pytorch")
    assert {"pyspark", "torch", "pandas", "pyarrow", "numpy"} <= {package.name for package in plan.packages}


@pytest.mark.parametrize(
    ("java", "told"),
    [
        (Java(), "none is on the PATH, and JAVA_HOME is not set"),
        (Java(home="/opt/gone"), "JAVA_HOME (/opt/gone) has none"),
        (Java(path="/usr/bin/java", version="11.0.2"), "/usr/bin/java is Java 11.0.2"),
        (Java(path="/opt/jdk/bin/java", version="1.8.0_452", home="/opt/jdk"), "JAVA_HOME names Java 1.8.0_452"),
    ],
    ids=["none", "a variable that leads nowhere", "too old", "a variable that names an old one"],
)
def test_spark_without_a_fit_java_is_refused_before_anything_is_downloaded(java, told):
    proposal, queries = propose("spark", java=java, accelerator="cpu")
    assert proposal.status == "unsupported"
    text = " ".join(proposal.plans[0].reasons)
    assert f"it needs Java 17 or newer, and {told}" in text
    assert "sudo apt install default-jre-headless" in text
    assert queries == []


@pytest.mark.parametrize("java", [None, Java(path="/usr/bin/java"), Java(path="/usr/bin/java", version="21.0.8")])
def test_a_java_that_fits_or_is_not_known_is_no_obstacle(java):
    assert propose("spark", java=java, accelerator="cpu")[0].status == "cpu-only"


@pytest.mark.parametrize(
    ("distribution", "command"),
    [("ubuntu", "sudo apt install openjdk-17-jre-headless"), ("fedora", "sudo dnf"), ("gentoo", "conda install")],
)
def test_how_to_get_java_is_told_for_each_system(distribution, command):
    host = Host(
        os=OperatingSystem(system="linux", distribution=distribution), libc=HOST.libc, cpu=Cpu(architecture="x86_64")
    )
    proposal, _ = propose("spark", java=Java(), host=host, accelerator="cpu")
    assert command in " ".join(proposal.plans[0].reasons)


@pytest.mark.parametrize("backend", ["tensorflow", "pytorch", "jax"])
def test_keras_is_planned_on_the_backend_that_the_variable_names(backend):
    word = {"pytorch": "torch"}.get(backend, backend)
    plan = propose("keras", backend=word, accelerator="cpu")[0].plans[0]
    assert plan.frameworks == ("keras", backend)
    assert plan.variables == (("KERAS_BACKEND", word),)
