"""What a text tells of its machine by the way, and what that decides."""

from __future__ import annotations

import pytest

from dlsetup.explain import Clues, Facts, facts_of, read_clues
from dlsetup.values.build import Catalog
from dlsetup.values.environment import Environment, Interpreter, Session, TorchBuild
from dlsetup.values.host import Gpu, Host, OperatingSystem
from dlsetup.values.situation import Situation

NO_DRIVER = (
    "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a "
    "driver from http://www.nvidia.com/Download/index.aspx\n"
)


@pytest.mark.parametrize(
    ("text", "clue", "value"),
    [
        ('  File "/home/ana/v/lib/python3.11/site-packages/torch/a.py"', "system", "linux"),
        ('  File "/home/ana/v/lib/python3.11/site-packages/torch/a.py"', "python", "3.11"),
        ('  File "C:\\Users\\ana\\v\\Lib\\site-packages\\torch\\a.py"', "system", "windows"),
        ("C:\\Python312\\python.exe", "python", "3.12"),
        ("/Users/ana/v/lib/python3.12/site-packages", "system", "macos"),
        ("/Users/ana/x on a Mac, /home/ana/x/y.py elsewhere", "system", None),
        ("Python 3.13.1 (main)", "python", "3.13.1"),
        ("lib/python3.11/ and \\\\Python310\\ and cp312-cp312", "python", None),
        ("Linux 5.15.153.1-microsoft-standard-WSL2", "wsl", True),
        ("docker run --rm nvcr.io/nvidia/pytorch:25.10-py3", "container", True),
        ("/content/train.py from google.colab import drive", "service", "colab"),
        ("/kaggle/working/train.py", "service", "kaggle"),
        ("NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not", "gpus", ("NVIDIA GeForce RTX 5090",)),
        ("NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not", "architectures", ("sm_120",)),
        ("Tesla P100-PCIE-16GB with CUDA capability sm_60", "gpus", ("Tesla P100-PCIE-16GB",)),
        ("AMD Radeon RX 7900 XTX (gfx1100)", "vendors", ("amd",)),
        ("Apple M2 Max", "vendors", ("apple",)),
        ("NVRM: version 550.54.14, Driver Version: 550.54.14", "driver", "550.54.14"),
        ("too old (found version 12020)", "cuda", "12.2"),
        ("too old (found version 10010)", "cuda", "10.1"),
        ("torch.__version__: 2.9.1+cu128", "packages", (("torch", "2.9.1+cu128"),)),
        ("LD_LIBRARY_PATH=/opt/x:/usr/local/cuda-12.1/lib64", "loader_path", True),
        ("LD_LIBRARY_PATH=/opt/x", "loader_path", False),
        ("XPU used to build PyTorch: 20250201", "build", "xpu"),
        ("CUDA used to build PyTorch: None", "build", None),
        ("import torch; import torch; import jax", "frameworks", ("pytorch", "jax")),
        ("", "system", None),
    ],
)
def test_a_clue_is_read(text, clue, value):
    assert getattr(read_clues(text), clue) == value


def situation(**parts):
    host = Host(os=OperatingSystem(**parts.pop("os", {})), gpus=tuple(Gpu(vendor=v) for v in parts.pop("vendors", ())))
    environment = Environment(path="x", kind="venv", interpreter=Interpreter(path="p", version="3.12.1"), **parts)
    session = Session(variables=(("LD_LIBRARY_PATH", "/usr/local/cuda/lib64"),))
    return Situation(host=host, environment=environment, session=session, catalog=Catalog())


def test_what_a_report_says_counts_before_the_clues():
    told = situation(os={"system": "windows"}, vendors=["amd"], torch=TorchBuild(version="2.9.1", cuda="12.8"))
    facts = facts_of(told, Clues(system="linux", python="3.9", wsl=True, frameworks=("jax",), gpus=("RTX 4090",)))
    assert (facts.system, facts.python, facts.wsl, facts.framework) == ("windows", "3.12.1", True, "jax")
    assert (facts.vendors, facts.cuda, facts.build, facts.loader_path) == (("amd",), "12", "cuda", True)


@pytest.mark.parametrize(
    ("facts", "platform"),
    [
        (Facts(system="linux"), "linux"),
        (Facts(system="linux", wsl=True), "wsl"),
        (Facts(system="macos", architecture="arm64"), "macos-arm64"),
        (Facts(system="macos"), None),
        (Facts(), None),
    ],
)
def test_the_platform_is_named_as_remedies_name_it(facts, platform):
    assert facts.platform == platform


@pytest.mark.parametrize(
    ("facts", "mode"),
    [
        (Facts(system="linux"), "nvidia-driver-missing"),
        (Facts(system="linux", vendors=("nvidia",)), "nvidia-driver-missing"),
        (Facts(system="linux", vendors=("amd",)), "cuda-wheel-on-amd"),
        (Facts(system="linux", vendors=("amd", "nvidia")), "nvidia-driver-missing"),
        (Facts(system="linux", vendors=("intel",)), "xpu-wheel-missing-on-intel-gpu"),
        (Facts(system="linux", container=True), "container-started-without-gpu"),
        (Facts(system="linux", wsl=True), "wsl-libcuda-not-on-path"),
        (Facts(system="linux", service="colab"), "colab-runtime-without-gpu"),
    ],
)
def test_no_driver_means_what_the_machine_makes_of_it(facts, mode, modes):
    assert modes(NO_DRIVER, facts=facts)[0] == mode


def test_a_version_of_cuda_is_written_as_people_write_it(tell):
    first, *_ = tell("RuntimeError: The NVIDIA driver on your system is too old (found version 12040).\n")
    assert "CUDA 12.4 " in first.summary


@pytest.mark.parametrize(
    ("cuda", "mode"), [("12", "nvidia-lib-missing-from-env"), ("11", "extension-built-for-other-cuda")]
)
def test_a_missing_library_is_one_of_the_frameworks_or_of_an_extension(cuda, mode, modes):
    text = "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory\n"
    assert modes(text, facts=Facts(cuda=cuda))[0] == mode


def test_a_program_that_asks_for_cuda_on_a_mac_is_no_matter_of_the_installation(tell):
    (finding,) = tell("AssertionError: Torch not compiled with CUDA enabled\n", facts=Facts(system="macos"))
    assert (finding.mode, finding.status.value) == (None, "warn")
    assert "mps" in finding.remedy.text


def test_the_remedy_is_the_platforms(tell, knowledge):
    mode = next(
        each
        for each in knowledge.modes
        if {platform for remedy in each.remedies for platform in remedy.platforms} >= {"linux", "windows"}
        and any(symptom.specificity == 3 for symptom in each.symptoms)
        and each.role == "cause"
    )
    example = next(symptom.example for symptom in mode.symptoms if symptom.specificity == 3)
    texts = {}
    for system in ("linux", "windows"):
        found = next(each for each in tell(example, facts=Facts(system=system)) if each.mode == mode.id)
        texts[system] = found.remedy.text
    own = {system: [r.text for r in mode.remedies if not r.platforms or system in r.platforms] for system in texts}
    assert all(texts[system] in own[system] for system in texts)
