"""Whatever an environment holds, no check breaks."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlsetup.check import run_checks
from dlsetup.values.environment import IndexSettings, LoaderEntry, RequirementFile, TorchBuild
from dlsetup.values.host import Driver, Gpu

NAMES = st.sampled_from(
    [
        *("torch", "torchvision", "triton", "tensorflow", "tensorflow-cpu", "tensorflow-metal", "keras", "jax"),
        *("jaxlib", "jax-cuda12-plugin", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13", "numpy", "flash-attn", "xformers"),
        *("pip", "mlx", "protobuf", "typing-extensions", "onnx", "bitsandbytes", "transformers", "onnxruntime-gpu"),
        *("ctranslate2", "faster-whisper", "cupy-cuda12x", "opencv-python", "torch-directml", "dgl", "pyspark"),
    ]
)
WORDS = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["2.14.1", "2.14.1+cu126", "0.1", "1!2", "2.x", ""]))
LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "torch==2.9",
            "torch>=",
            "torch==2.6.0+cu126",
            "protobuf>=9,<3",
            "flash-attn",
            "x-1-cp3-none-any.whl",
            'keras; extra == "x"',
            "torch @ https://x.invalid/y",
            'a; os_name == "?"',
        ]
    ),
)
FILES = ["libbitsandbytes_cuda126.so", "libcudnn.so.9", "libcudart.so.", "nvrtc64_120_0.dll", "_multiarray_umath.x.so"]
ARCHITECTURES = st.sampled_from([None, "", "sm_89", "sm_", "gfx1100", "gfx", "xe-hpg", "sm_99999"])
VENDORS = st.sampled_from(["nvidia", "amd", "intel", "apple", "mthreads"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_check_breaks_on_odd_values(data, every_healthy, edit):
    situation = data.draw(st.sampled_from(every_healthy))
    for name in data.draw(st.lists(NAMES, max_size=5)):
        facts = {
            "tags": tuple(data.draw(st.lists(st.text(max_size=20), max_size=2))),
            "whole": data.draw(st.booleans()),
            "installer": data.draw(st.sampled_from([None, "pip", "uv", "conda"])),
        }
        version, lines = data.draw(WORDS), data.draw(st.lists(LINES, max_size=3))
        situation = edit.add(situation, name, version, *lines, **facts)
    gpus = tuple(
        Gpu(vendor=data.draw(VENDORS), architecture=data.draw(ARCHITECTURES), name=data.draw(WORDS))
        for _ in range(data.draw(st.integers(0, 2)))
    )
    states = st.sampled_from(["ok", "missing", "mismatch", "error"])
    drivers = tuple(
        Driver(vendor=each.vendor, version=data.draw(WORDS), state=data.draw(states), detail=data.draw(WORDS))
        for each in gpus
    )
    situation = edit.host(situation, gpus=gpus, drivers=drivers)
    situation = edit.environment(
        situation, torch=TorchBuild(version=data.draw(WORDS), cuda=data.draw(WORDS), hip=data.draw(WORDS))
    )
    situation = edit.interpreter(situation, version=data.draw(WORDS))
    words = st.lists(st.one_of(st.text(max_size=20), st.sampled_from(FILES)), max_size=3)
    situation = edit.environment(
        situation,
        contents=(("numpy", tuple(data.draw(words))), ("bitsandbytes", tuple(data.draw(words)))),
        outside=data.draw(st.one_of(st.none(), words.map(tuple))),
        user_distributions=(edit.distribution("typing-extensions", data.draw(WORDS)),),
    )
    file = RequirementFile(
        path=data.draw(st.text(max_size=9)),
        requirements=tuple(data.draw(st.lists(LINES, max_size=3))),
        everywhere=(("torch", data.draw(st.text(max_size=9))),),
    )
    situation = edit.session(situation, requirement_files=(file,))
    names = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "KERAS_BACKEND", "PYTHONPATH", "HSA_OVERRIDE_GFX_VERSION"]
    situation = edit.variable(situation, **{name: data.draw(st.text(max_size=10)) for name in names})
    situation = edit.session(
        situation, loader=(LoaderEntry(folder=data.draw(st.text(max_size=9)), libraries=("", "x")),)
    )
    situation = replace(
        situation,
        indexes=IndexSettings(index_url=data.draw(st.one_of(st.none(), st.just("http://["), st.text(max_size=20)))),
    )
    for finding in run_checks(situation):
        assert not any(each.startswith("crash:") for each in finding.evidence), finding
