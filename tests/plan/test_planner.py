"""Which builds are chosen, why, and why not the others; on plain values and a resolver that answers as told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from dlsetup.errors import IndexFailedError
from dlsetup.plan import Planner
from dlsetup.plan.candidates import find_candidates
from dlsetup.plan.compatibility import Situation, obstacles
from dlsetup.plan.planner import make_target
from dlsetup.values.build import Build, Catalog, ComputePlatform, Framework
from dlsetup.values.environment import IndexSettings, Interpreter
from dlsetup.values.host import Cpu, Driver, Gap, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.plan import Package, Place, Resolution
from dlsetup.values.request import Request, Wanted

INDEX = "https://index.example/whl/"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
NEW_GPUS = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
OLD_GPUS = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")


def torch(version, compute, *, gpus=(), driver=None, index=True, **changes):
    label = f"+{compute}" if index else ""
    return Build(
        framework="pytorch",
        version=Version(version),
        compute=compute,
        accelerator="cpu" if compute == "cpu" else "cuda",
        requirements=(f"torch=={version}{label}", "numpy"),
        local=compute,
        index=INDEX + compute if index else None,
        system="linux",
        architecture="x86_64",
        pythons=PYTHONS,
        glibc=Version("2.28"),
        driver=Version(driver) if driver else None,
        gpus=gpus,
        **changes,
    )


def tensorflow(version, compute="cpu", **changes):
    return Build(
        framework="tensorflow",
        version=Version(version),
        compute=compute,
        accelerator="cpu" if compute == "cpu" else "cuda",
        requirements=(f"tensorflow=={version}",),
        system="linux",
        architecture="x86_64",
        pythons=PYTHONS,
        cpu_features=("avx",),
        **changes,
    )


BUILDS = (
    torch("2.15.0", "cu132", gpus=NEW_GPUS, driver="580", index=False),
    torch("2.14.1", "cu130", gpus=NEW_GPUS, driver="580"),
    torch("2.14.1", "cu126", gpus=OLD_GPUS, driver="525.60.13"),
    torch("2.14.1", "cpu"),
    torch("2.13.0", "cpu"),
    tensorflow("2.21.0"),
    tensorflow("2.21.0", "cuda12", gpus=("sm_80", "sm_90", "compute_90"), driver=Version("525.60.13")),
    Build(
        framework="keras",
        version=Version("3.15.1"),
        compute="any",
        accelerator="any",
        requirements=("keras==3.15.1",),
        system="linux",
        architecture="x86_64",
        pythons=PYTHONS,
    ),
)
CATALOG = Catalog(
    frameworks=(
        Framework(
            name="pytorch",
            title="PyTorch",
            module="torch",
            package="torch",
            aliases=("torch",),
            family=("torch", "torchvision", "torchaudio"),
        ),
        Framework(name="tensorflow", title="TensorFlow", module="tensorflow", package="tensorflow"),
        Framework(
            name="keras",
            title="Keras",
            module="keras",
            package="keras",
            backends=("tensorflow", "pytorch"),
            backend_variable="KERAS_BACKEND",
        ),
    ),
    builds=BUILDS,
    computes=tuple(
        ComputePlatform(name=name, accelerator="cuda", rank=rank)
        for rank, name in enumerate(("cuda12", "cu126", "cu130", "cu132"))
    ),
)
CPU_HOST = Host(
    os=OperatingSystem(system="linux", distribution="debian", version="12"),
    libc=Libc(family="glibc", version="2.36"),
    cpu=Cpu(architecture="x86_64", features=("sse4_2", "avx", "avx2")),
)
PLACE = Place(
    environment="/project/.venv",
    interpreter=Interpreter(path="/usr/bin/python3.11", version="3.11.7", architecture="x86_64"),
)


def gpu_host(architecture="sm_89", driver="580.65.06", *more):
    gpus = tuple(Gpu(vendor="nvidia", name=f"GPU {each}", architecture=each) for each in (architecture, *more))
    return replace(CPU_HOST, gpus=gpus, drivers=(Driver(vendor="nvidia", version=driver),))


def answers(query):
    """Resolve anything: one package for each requirement."""
    packages = []
    for requirement in query.requirements:
        name, _, version = requirement.partition("==")
        packages.append(Package(name=name.partition("<")[0], version=version or "1.0"))
    return Resolution(packages=tuple(packages), lock="lock-version = '1.0'")


def propose(host, *names, places=(PLACE,), resolve=answers, settings=None, catalog=CATALOG, **request):
    wanted = tuple(
        Wanted(framework=name.partition("==")[0], versions=SpecifierSet(name[len(name.partition("==")[0]) :]))
        for name in names
    )
    planner = Planner(
        request=Request(wanted=wanted, **request),
        host=host,
        catalog=catalog,
        settings=settings or IndexSettings(),
        resolve=resolve,
    )
    return planner.proposal(places)


def chosen(proposal):
    return [(build.framework, str(build.version), build.compute) for plan in proposal.plans for build in plan.builds]


def reasons(proposal, version, compute):
    found = [
        each for plan in proposal.plans for each in plan.rejected if (each.version, each.compute) == (version, compute)
    ]
    return {reason.code for each in found for reason in each.reasons}


def test_a_machine_without_a_gpu_gets_the_newest_build_for_the_processor():
    proposal = propose(CPU_HOST, "pytorch")
    assert proposal.status == "cpu-only"
    assert chosen(proposal) == [("pytorch", "2.14.1", "cpu")]
    assert reasons(proposal, "2.15.0", "cu132") == {"gpu-none"}


def test_a_new_gpu_and_driver_get_the_newest_release():
    proposal = propose(gpu_host(), "pytorch")
    assert proposal.status == "ok"
    assert chosen(proposal) == [("pytorch", "2.15.0", "cu132")]


def test_an_old_driver_gets_an_older_line_and_hears_why():
    proposal = propose(gpu_host(driver="535.183.01"), "pytorch")
    assert chosen(proposal) == [("pytorch", "2.14.1", "cu126")]
    assert reasons(proposal, "2.14.1", "cu130") == {"driver-old"}
    assert any("2.15.0" in reason and "580" in reason for reason in proposal.plans[0].reasons)


def test_an_old_gpu_gets_the_last_line_with_its_code():
    proposal = propose(gpu_host("sm_61"), "pytorch")
    assert chosen(proposal) == [("pytorch", "2.14.1", "cu126")]
    assert reasons(proposal, "2.15.0", "cu132") == {"gpu-architecture"}


def test_every_reason_is_named_not_the_first():
    proposal = propose(gpu_host("sm_61", "535.0"), "pytorch")
    assert reasons(proposal, "2.14.1", "cu130") == {"gpu-architecture", "driver-old"}


def test_of_unequal_gpus_the_most_capable_is_served_and_the_other_named():
    proposal = propose(gpu_host("sm_61", "580.65.06", "sm_120"), "pytorch")
    assert chosen(proposal) == [("pytorch", "2.15.0", "cu132")]
    assert any("GPU sm_61 is left out" in reason for reason in proposal.plans[0].reasons)


def test_a_gpu_that_no_build_serves_is_told_and_the_processor_used():
    proposal = propose(gpu_host("sm_35"), "pytorch")
    assert proposal.status == "cpu-only"
    assert any("is here but not used" in reason for reason in proposal.plans[0].reasons)


@pytest.mark.parametrize("state", ["mismatch", "error"])
def test_a_driver_that_does_not_answer_never_means_the_processor_in_silence(state):
    host = replace(
        gpu_host(), drivers=(Driver(vendor="nvidia", state=state, detail="Driver/library version mismatch"),)
    )
    proposal = propose(host, "pytorch")
    assert proposal.status == "unsupported"
    assert "driver-broken" in reasons(proposal, "2.14.1", "cpu")
    assert propose(host, "pytorch", accelerator="cpu").status == "cpu-only"


def test_an_unknown_gpu_is_asked_about():
    host = replace(CPU_HOST, gaps=(Gap(what="gpus", why="not in the recording"),))
    proposal = propose(host, "pytorch")
    assert proposal.status == "unsupported"
    assert "gpu-unknown" in reasons(proposal, "2.14.1", "cpu")


def test_what_the_user_states_outranks_what_is_probed():
    proposal = propose(CPU_HOST, "pytorch", accelerator="cuda")
    assert chosen(proposal) == [("pytorch", "2.15.0", "cu132")]
    assert chosen(propose(gpu_host(), "pytorch", compute="cu126")) == [("pytorch", "2.14.1", "cu126")]


def test_a_missing_driver_is_named_and_the_processor_used_openly():
    host = replace(gpu_host(), drivers=(Driver(vendor="nvidia", state="missing"),))
    proposal = propose(host, "pytorch")
    assert proposal.status == "cpu-only"
    assert reasons(proposal, "2.15.0", "cu132") == {"driver-missing"}
    assert any("not used" in reason for reason in proposal.plans[0].reasons)


def test_versions_that_were_asked_for_bound_the_choice():
    assert chosen(propose(CPU_HOST, "pytorch==2.13.0")) == [("pytorch", "2.13.0", "cpu")]
    proposal = propose(CPU_HOST, "pytorch==1.0")
    assert proposal.status == "unsupported"
    assert reasons(proposal, "2.14.1", "cpu") == {"version-unwanted"}


def test_a_processor_without_avx_gets_no_tensorflow_and_hears_why():
    host = replace(CPU_HOST, cpu=Cpu(architecture="x86_64", features=("sse4_2",)))
    proposal = propose(host, "tensorflow")
    assert proposal.status == "unsupported"
    assert reasons(proposal, "2.21.0", "cpu") == {"cpu-feature"}


def test_old_glibc_and_musl_are_obstacles():
    old = replace(CPU_HOST, libc=Libc(family="glibc", version="2.17"))
    assert reasons(propose(old, "pytorch"), "2.14.1", "cpu") == {"glibc"}
    musl = replace(CPU_HOST, libc=Libc(family="musl", version="1.2.4"))
    assert reasons(propose(musl, "pytorch"), "2.14.1", "cpu") == {"musl"}


def test_an_unfit_interpreter_gives_way_to_the_next_place_which_says_so():
    old = replace(PLACE, interpreter=Interpreter(path="/py39", version="3.9.1", architecture="x86_64"))
    other = Place(environment="/project/.venv", interpreter=PLACE.interpreter, why="python3.9 fits no build")
    proposal = propose(CPU_HOST, "pytorch", places=(old, other))
    assert proposal.plans[0].python == "3.11.7"
    assert proposal.plans[0].asks == "python3.9 fits no build"
    refused = propose(CPU_HOST, "pytorch", places=(old,))
    assert reasons(refused, "2.14.1", "cpu") == {"python"}


def test_a_free_threaded_interpreter_needs_its_own_wheels():
    free = replace(
        PLACE, interpreter=Interpreter(path="/py", version="3.13.0", architecture="x86_64", free_threaded=True)
    )
    assert reasons(propose(CPU_HOST, "pytorch", places=(free,)), "2.14.1", "cpu") == {"python"}


def test_a_translated_interpreter_decides_the_architecture():
    rosetta = replace(PLACE, interpreter=Interpreter(path="/py", version="3.11.7", architecture="x86_64"))
    mac = Host(os=OperatingSystem(system="macos", version="15.0"), cpu=Cpu(architecture="arm64"))
    assert make_target(mac, rosetta).architecture == "x86_64"


def test_keras_brings_a_backend_and_sets_it():
    proposal = propose(CPU_HOST, "keras")
    assert chosen(proposal) == [("keras", "3.15.1", "any"), ("tensorflow", "2.21.0", "cpu")]
    assert proposal.plans[0].variables == (("KERAS_BACKEND", "tensorflow"),)


def test_keras_takes_the_backend_that_was_asked_for():
    together = propose(CPU_HOST, "keras", "pytorch")
    assert together.plans[0].variables == (("KERAS_BACKEND", "torch"),)
    assert len(together.plans) == 1
    by_variable = propose(CPU_HOST, "keras", backend="torch")
    assert ("pytorch", "2.14.1", "cpu") in chosen(by_variable)


def test_keras_prefers_a_backend_with_code_compiled_for_the_gpu():
    proposal = propose(gpu_host("sm_120"), "keras")
    assert ("pytorch", "2.15.0", "cu132") in chosen(proposal)


def test_what_does_not_resolve_is_rejected_in_the_resolvers_words_and_the_next_tried():
    def resolve(query):
        if any("2.14.1" in requirement for requirement in query.requirements):
            return Resolution(problem="unsatisfiable", detail="Because you require torch<2.14")
        return answers(query)

    proposal = propose(CPU_HOST, "pytorch", resolve=resolve)
    assert chosen(proposal) == [("pytorch", "2.13.0", "cpu")]
    assert reasons(proposal, "2.14.1", "cpu") == {"resolver"}


def test_constraints_are_obeyed_however_old_the_release_is_that_they_allow():
    asked = []
    versions = [f"2.{minor}.0" for minor in range(40, 0, -1)]
    catalog = replace(CATALOG, builds=tuple(tensorflow(version) for version in versions))

    def resolve(query):
        asked.append(query.requirements[0])
        if "tensorflow==2.3.0" not in query.requirements:
            stated = f"dlsetup-plan depends on {query.requirements[0]} and tensorflow>=2.3,<2.4"
            detail = f"No solution found\nBecause {stated}, we can conclude that your requirements are unsatisfiable."
            return Resolution(problem="unsatisfiable", detail=detail)
        return answers(query)

    proposal = propose(CPU_HOST, "tensorflow", resolve=resolve, catalog=catalog)
    assert chosen(proposal) == [("tensorflow", "2.3.0", "cpu")]
    assert len(asked) == 2
    assert reasons(proposal, "2.4.0", "cpu") == {"resolver"}


def test_what_an_index_does_not_serve_at_all_is_asked_for_once():
    asked = []

    def resolve(query):
        asked.append(query.requirements)
        return Resolution(problem="unsatisfiable", detail="Because tensorflow was not found in the package registry")

    several = replace(CATALOG, builds=tuple(tensorflow(f"2.{minor}.0") for minor in range(5)))
    proposal = propose(CPU_HOST, "tensorflow", resolve=resolve, catalog=several)
    assert proposal.status == "unsupported"
    assert "tensorflow was not found" in proposal.plans[0].reasons[0]
    assert len(asked) == 1


def test_keras_keeps_its_release_and_its_backend_gives_way():
    catalog = replace(CATALOG, builds=(*CATALOG.builds, tensorflow("2.3.0")))

    def resolve(query):
        newest = next((each for each in query.requirements if "tensorflow" in each and "2.3.0" not in each), None)
        if newest is not None:
            stated = (
                f"Because {newest} depends on keras<3 and dlsetup-plan depends on keras==3.15.1 and {newest}, we can"
            )
            return Resolution(problem="unsatisfiable", detail=stated)
        return answers(query)

    proposal = propose(CPU_HOST, "keras", backend="tensorflow", resolve=resolve, catalog=catalog)
    assert set(chosen(proposal)) == {("keras", "3.15.1", "any"), ("tensorflow", "2.3.0", "cpu")}


def test_only_what_the_resolver_blames_is_taken_older_beside_another():
    catalog = replace(CATALOG, builds=(*CATALOG.builds, tensorflow("2.3.0")))

    def resolve(query):
        newest = next((each for each in query.requirements if "tensorflow" in each and "2.3.0" not in each), None)
        if newest is not None:
            stated = f"Because dlsetup-plan depends on {newest} and {newest.partition('=')[0]}==2.3.0, we can conclude"
            return Resolution(problem="unsatisfiable", detail=stated)
        return answers(query)

    proposal = propose(CPU_HOST, "keras", backend="tensorflow", resolve=resolve, catalog=catalog)
    assert ("tensorflow", "2.3.0", "cpu") in chosen(proposal)


def test_frameworks_that_do_not_resolve_together_get_environments_of_their_own():
    def resolve(query):
        names = " ".join(query.requirements)
        if "torch" in names and "tensorflow" in names:
            return Resolution(problem="unsatisfiable", detail="numpy conflicts")
        return answers(query)

    proposal = propose(CPU_HOST, "tensorflow", "pytorch", resolve=resolve)
    assert [plan.environment for plan in proposal.plans] == ["/project/.venv", "/project/.venv-pytorch"]
    assert all("do not resolve together" in plan.reasons[0] for plan in proposal.plans)


def test_an_optional_companion_that_does_not_resolve_is_left_out_and_named():
    catalog = replace(CATALOG, builds=(torch("2.14.1", "cpu", optional=("torchvision==0.29.1+cpu",)),))

    def resolve(query):
        if any("torchvision" in requirement for requirement in query.requirements):
            return Resolution(problem="unsatisfiable", detail="no torchvision")
        return answers(query)

    plan = propose(CPU_HOST, "pytorch", resolve=resolve, catalog=catalog).plans[0]
    assert [package.name for package in plan.packages] == ["torch", "numpy", "pip"]
    assert any("torchvision" in reason for reason in plan.reasons)


class DownIndex:
    """The framework's own index is down; mirrors hold what they are told to."""

    def __init__(self, mirrors=None):
        self.mirrors = mirrors or {}

    def __call__(self, query):
        source = query.sources[0] if query.sources else None
        if source is None:
            return answers(query)
        if source.location.startswith(INDEX):
            return Resolution(problem="unreachable", location=source.location + "/torch/", detail="x\ndns error")
        torch = next(each for each in query.requirements if each.startswith("torch"))
        bounds = SpecifierSet(torch.removeprefix("torch"))
        fitting = [each for each in self.mirrors.get(source.location, ()) if bounds.contains(each)]
        if not fitting:
            return Resolution(problem="unsatisfiable", detail="nothing there")
        version = max(fitting, key=Version)
        return Resolution(packages=(Package(name="torch", version=version, index=source.location),), lock="x")


def test_an_index_that_is_down_is_named_and_a_find_links_folder_used():
    settings = IndexSettings(find_links=("/wheels",))
    resolve = DownIndex({"/wheels": ["2.13.0+cpu"]})
    plan = propose(CPU_HOST, "pytorch", resolve=resolve, settings=settings).plans[0]
    assert [(each.name, each.version, each.index) for each in plan.packages] == [("torch", "2.13.0+cpu", "/wheels")]
    assert any("index.example cannot be reached" in reason and "/wheels" in reason for reason in plan.reasons)


def test_a_mirrors_build_for_another_compute_platform_is_never_taken():
    settings = IndexSettings(find_links=("/wheels",), extra_index_urls=("https://extra.example/simple",))
    mirrors = {"/wheels": ["2.14.1", "2.14.1+cu130"], "https://extra.example/simple": ["2.14.1+cu126", "2.13.0+cpu"]}
    plan = propose(CPU_HOST, "pytorch", resolve=DownIndex(mirrors), settings=settings).plans[0]
    assert plan.packages[0].version == "2.13.0+cpu"


def test_a_mirrors_wheels_serve_several_frameworks_in_one_environment():
    settings = IndexSettings(find_links=("/wheels",))
    resolve = DownIndex({"/wheels": ["2.13.0+cpu"]})
    proposal = propose(CPU_HOST, "keras", "pytorch", resolve=resolve, settings=settings)
    assert chosen(proposal) == [("keras", "3.15.1", "any"), ("pytorch", "2.13.0", "cpu")]


def test_no_mirror_with_such_wheels_ends_with_what_to_configure():
    settings = IndexSettings(find_links=("/wheels",))
    with pytest.raises(IndexFailedError) as caught:
        propose(CPU_HOST, "pytorch", resolve=DownIndex({"/wheels": ["2.14.1+cu130"]}), settings=settings)
    assert caught.value.exit_code == 4
    assert "find-links" in caught.value.do
    assert "/wheels" in caught.value.seen


def test_with_a_gpu_the_default_index_stands_in_for_one_that_is_down():
    proposal = propose(gpu_host(), "pytorch", resolve=DownIndex())
    assert chosen(proposal) == [("pytorch", "2.15.0", "cu132")]


def test_a_new_environment_gets_pip_and_an_existing_one_is_left_without():
    assert "pip" in [package.name for package in propose(CPU_HOST, "pytorch").plans[0].packages]
    there = replace(PLACE, exists=True)
    plan = propose(CPU_HOST, "pytorch", places=(there,)).plans[0]
    assert "pip" not in [package.name for package in plan.packages]
    assert len(plan.steps) == 1


def test_steps_are_complete_commands():
    plan = propose(CPU_HOST, "pytorch").plans[0]
    make, install = plan.steps
    assert make.argv[1:5] == ("venv", "/project/.venv", "--python", "/usr/bin/python3.11")
    assert install.argv[1:7] == (
        "pip",
        "install",
        "--python",
        "/project/.venv",
        "--requirements",
        "/project/.venv/.dlsetup/requirements.txt",
    )


HOSTS = st.builds(
    gpu_host,
    st.sampled_from(["sm_50", "sm_61", "sm_70", "sm_75", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"]),
    st.sampled_from(["450.80", "525.60.13", "535.1", "570.0", "580.65.06", "610.43"]),
)


@given(HOSTS)
def test_no_chosen_build_has_an_obstacle_and_no_rejected_one_lacks_a_reason(host):
    proposal = propose(host, "pytorch")
    situation = Situation(host=host, target=make_target(host, PLACE), request=Request())
    for plan in proposal.plans:
        assert all(not obstacles(build, situation) for build in plan.builds)
        assert all(each.reasons for each in plan.rejected)


@given(HOSTS, st.sampled_from(["580.65.06", "595.1", "610.43", "700.0"]))
def test_a_newer_driver_never_loses_a_build(host, newer):
    def fitting(machine):
        situation = Situation(host=machine, target=make_target(machine, PLACE), request=Request())
        return {
            (build.version, build.compute)
            for build in find_candidates(CATALOG.frameworks[0], situation, CATALOG).fitting
        }

    newest = max(host.drivers[0].version, newer, key=Version)
    after = replace(host, drivers=(Driver(vendor="nvidia", version=newest),))
    assert fitting(host) <= fitting(after)


@given(st.permutations(BUILDS), HOSTS)
def test_the_order_of_rows_changes_nothing(builds, host):
    assert chosen(propose(host, "pytorch", catalog=replace(CATALOG, builds=tuple(builds)))) == chosen(
        propose(host, "pytorch")
    )


def test_an_index_that_cannot_be_asked_from_here_says_nothing_of_another_machine():
    proposal = propose(gpu_host("sm_61"), "pytorch", resolve=DownIndex(), places=(Place(python="3.12"),))
    assert chosen(proposal) == [("pytorch", "2.14.1", "cu126")]
    plan = proposal.plans[0]
    assert [(each.name, each.version, each.index) for each in plan.packages] == [
        ("torch", "2.14.1+cu126", INDEX + "cu126")
    ]
    assert any("cannot be reached from here" in reason for reason in plan.reasons)


def test_a_release_that_does_not_exist_is_told_in_one_sentence():
    plan = propose(CPU_HOST, "pytorch==99").plans[0]
    assert plan.reasons == ("there is no release ==99 of PyTorch; known are 2.13.0 to 2.15.0",)


def test_where_only_python_stands_in_the_way_the_fitting_ones_are_named():
    young = Place(environment="/project/.venv", python="3.14")
    plan = propose(CPU_HOST, "tensorflow", places=(young,)).plans[0]
    assert "2.21.0 has for 3.10, 3.11, 3.12, 3.13: --python 3.13" in plan.reasons[0]
