"""How a machine is set up to run things: each file and command that is read, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.probe import for_environment, probe_machine
from dlsetup.probe.machine import devices, health, limits, network, nvidia, nvidia_module, toolchain, windows
from dlsetup.system.interface import Completed
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Distribution, Environment, Interpreter, TorchBuild
from dlsetup.values.host import Cpu, Driver, Gpu, Host, OperatingSystem
from dlsetup.values.machine import Limits, Machine, Network
from dlsetup.values.nvidia import GpuHealth, KernelModule, Libcuda

KERNEL = "6.8.0-71-generic"
GPU = Gpu(vendor="nvidia", name="NVIDIA GeForce RTX 4090", architecture="sm_89", integrated=False)
HOST = Host(
    os=OperatingSystem(system="linux", kernel=KERNEL),
    cpu=Cpu(architecture="x86_64"),
    gpus=(GPU,),
    drivers=(Driver(vendor="nvidia", version="580.95.05"),),
)
BROKEN = replace(HOST, drivers=(Driver(vendor="nvidia", state="missing"),))
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build\n"
CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.10  Wed Jan\n"
CACHE = (
    "3 libs found in cache `/etc/ld.so.cache'\n"
    "\tlibcuda.so.1 (libc6) => /lib/i386-linux-gnu/libcuda.so.1\n"
    "\tlibcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1\n"
    "\tlibcuda.so (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so\n"
)


def linux(files=None, commands=None, env=None, **values):
    return RecordedSystem(
        {"platform": "linux", "files": files or {}, "commands": commands or {}, "env": env or {}, "values": values}
    )


def there(*paths, absent=()):
    return {f"exists:{path}": True for path in paths} | {f"exists:{path}": False for path in absent}


def folder(path, *names):
    return {f"listing:{path}": list(names)}


LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max open files            1024                 524288               files
Max locked memory         65536                unlimited            bytes
"""


def test_limits_are_read_with_what_has_none():
    found = limits.read(linux({limits.LIMITS: LIMITS, limits.GROUPS[0]: "4294967296\n"}))
    assert found == Limits(open_files=1024, open_files_most=524288, locked_memory_bytes=65536, memory_bytes=4 * 2**30)
    unlimited = LIMITS.replace("65536  ", "unlimited")
    assert limits.read(linux({limits.LIMITS: unlimited})).locked_memory_bytes is None


@pytest.mark.parametrize("text", ["max\n", "", "9223372036854771712\n", "lots", "-1"])
def test_a_control_group_without_limit_has_none(text):
    assert limits.parse_bytes(text) is None


def test_a_job_of_slurm_has_its_limit_further_in():
    files = {
        limits.OWN: "0::/system.slice/slurmd.scope/job_7/step_0\n",
        "/sys/fs/cgroup/system.slice/memory.max": "max\n",
        "/sys/fs/cgroup/system.slice/slurmd.scope/job_7/memory.max": "8589934592\n",
        "/sys/fs/cgroup/system.slice/slurmd.scope/job_7/step_0/memory.max": "max\n",
    }
    assert limits.read(linux(files)).memory_bytes is None
    assert limits.read(linux(files, env={"SLURM_JOB_ID": "7"})).memory_bytes == 8 * 2**30


def test_what_several_processes_need_is_asked_only_where_a_variable_gives_a_reason():
    listing = folder(network.INTERFACES, "eth0", "lo")
    assert network.read(linux(**listing)) == Network()
    assert network.read(linux(env={"NCCL_SOCKET_IFNAME": "eth"}, **listing)).interfaces == ("eth0", "lo")
    table = (
        "  sl  local_address rem_address   st\n"
        "   0: 0100007F:7337 00000000:0000 0A 00000000:00000000\n"
        "   1: 0100007F:C350 0100007F:7337 01 00000000:00000000\n"
    )
    files = {network.TABLES[0]: table, network.LOWEST: "1024\n"}
    assert network.read(linux(files)).listening == ()
    found = network.read(linux(files, env={"MASTER_PORT": "29495"}))
    assert (found.listening, found.lowest_port) == ((0x7337,), 1024)
    root = network.read(linux(files, env={"MASTER_PORT": "80"}, **{"writable:/dev": True}))
    assert root.lowest_port == 0


def test_rdma_devices_are_told_with_their_files():
    devices = folder(network.RDMA, "mlx5_0")
    assert network.read(linux(**devices)).rdma_device_files is None
    assert network.read(linux(**devices, **folder(network.RDMA_FILES, "rdma_cm"))).rdma_device_files is False
    assert network.read(linux(**devices, **folder(network.RDMA_FILES, "uverbs0"))).rdma_device_files is True


@pytest.mark.parametrize(
    ("options", "translates"),
    [("quiet splash", True), ("amd_iommu=on", True), ("amd_iommu=on iommu=pt", False), ("intel_iommu=off", False)],
)
def test_the_iommu_translates_unless_it_was_told_not_to(options, translates):
    system = linux({devices.COMMAND_LINE: f"BOOT_IMAGE=/vmlinuz {options}\n"}, **folder(devices.IOMMU, "ivhd0"))
    assert devices.translates_addresses(system) is translates
    assert devices.translates_addresses(linux(**folder(devices.IOMMU))) is False
    assert devices.translates_addresses(linux()) is None


def test_only_a_file_of_certificates_that_is_surely_absent_is_missing():
    env = {"SSL_CERT_FILE": "/opt/a.pem", "REQUESTS_CA_BUNDLE": "/opt/b.pem", "CURL_CA_BUNDLE": "/opt/c.pem"}
    system = linux(env=env, **there("/opt/b.pem", absent=("/opt/a.pem",)))
    assert network.missing_certificates(system) == (("SSL_CERT_FILE", "/opt/a.pem"),)


def test_the_flavour_of_the_module_is_told_by_its_own_words():
    assert nvidia.parse_flavour(OPEN) is True
    assert nvidia.parse_flavour(CLOSED) is False
    assert nvidia.parse_flavour("GCC version: 13") is None


def test_the_library_is_the_one_that_the_loader_takes():
    link = {"link:/lib/x86_64-linux-gnu/libcuda.so.1": "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05"}
    cached = {"ldconfig -p": {"stdout": CACHE, "exit": 0}}
    plain = nvidia.read(linux(commands=cached, **link), HOST).libcuda
    assert plain == Libcuda(path="/lib/x86_64-linux-gnu/libcuda.so.1", version="580.95.05")
    stated = nvidia.read(
        linux(
            commands=cached,
            env={"LD_LIBRARY_PATH": "relative:/usr/local/cuda/compat"},
            **link,
            **there("/usr/local/cuda/compat/libcuda.so.1"),
            **{"link:/usr/local/cuda/compat/libcuda.so.1": "/usr/local/cuda-13.1/compat/libcuda.so.590.44.01"},
        ),
        HOST,
    ).libcuda
    assert stated == Libcuda(path="/usr/local/cuda/compat/libcuda.so.1", version="590.44.01")


def test_without_the_loaders_answer_the_library_is_unknown_and_not_absent():
    assert nvidia.read(linux(), HOST).libcuda is None
    failed = linux(commands={"ldconfig -p": {"stdout": "", "exit": 1}})
    assert nvidia.read(failed, HOST).libcuda is None
    none = linux(commands={"ldconfig -p": {"stdout": "0 libs found in cache `/etc/ld.so.cache'\n", "exit": 0}})
    assert nvidia.read(none, HOST).libcuda == Libcuda()


def test_device_files_are_told_and_who_could_create_them():
    values = there("/dev/nvidiactl", "/dev/nvidia0", absent=("/dev/nvidia-uvm", "/usr/bin/nvidia-modprobe"))
    found = nvidia.read(linux(**values), HOST)
    assert (found.devices, found.creates_devices) == (("nvidia0", "nvidiactl"), False)
    assert nvidia.read(linux(**values, **{"writable:/dev": True}), HOST).creates_devices is True
    assert nvidia.read(linux(), HOST).devices is None


def test_a_gpu_in_mig_mode_without_instances_is_told():
    split = replace(HOST, gpus=(replace(GPU, mig=True),))
    place = "/proc/driver/nvidia/capabilities/gpu0/mig"
    assert nvidia.read(linux(**folder(place, "config", "monitor")), split).unsplit == (0,)
    assert nvidia.read(linux(**folder(place, "config", "gi1", "monitor")), split).unsplit == ()
    assert nvidia.read(linux(), split).unsplit == ()


def test_the_switches_service_is_asked_only_where_there_are_switches():
    command = {"systemctl is-active nvidia-fabricmanager": {"stdout": "failed\n", "exit": 3}}
    assert nvidia.read(linux(commands=command), HOST).fabric is None
    assert nvidia.read(linux(commands=command, **there(nvidia.SWITCHES)), HOST).fabric == "failed"
    assert nvidia.read(linux(**there(nvidia.SWITCHES)), HOST).fabric is None


def test_what_containers_would_get_is_told_by_the_files_of_docker_and_cdi():
    settings = '{"runtimes": {"nvidia": {"path": "nvidia-container-runtime", "args": []}}}'
    absent = there(absent=("/usr/bin/nvidia-container-runtime", "/usr/local/bin/nvidia-container-runtime"))
    assert nvidia.read(linux({nvidia.DOCKER: settings}, **absent), HOST).container_runtime
    assert nvidia.read(linux({nvidia.DOCKER: settings}), HOST).container_runtime is None
    spec = "- hostPath: /usr/lib/libcuda.so.570.86.10\n  containerPath: /usr/lib/libcuda.so.570.86.10\n"
    assert nvidia.read(linux({nvidia.SPECIFICATIONS[0]: spec}), HOST).cdi_version == "570.86.10"
    bare = there("/usr/bin/dockerd", absent=nvidia.TOOLKIT)
    assert nvidia.read(linux(**bare), HOST).docker_without_toolkit is True
    assert nvidia.read(linux(**{**bare, f"exists:{nvidia.TOOLKIT[0]}": True}), HOST).docker_without_toolkit is False


def test_packages_that_wait_for_a_restart_are_told():
    text = "libc6\nlinux-image-6.8.0-90-generic\nnvidia-driver-590\nlibnvidia-compute-590\n"
    found = nvidia.read(linux({nvidia.WAITING: text}), HOST).waiting
    assert found == ("linux-image-6.8.0-90-generic", "nvidia-driver-590", "libnvidia-compute-590")


def modules(*names, place="updates/dkms"):
    base = f"/lib/modules/{KERNEL}"
    return folder(base, "kernel", "updates") | folder(f"{base}/{place}", *names)


def test_a_module_is_looked_for_only_where_the_driver_does_not_work():
    values = modules("nvidia.ko.zst") | folder(nvidia_module.SOURCES, "580.95.05", "kernel-x")
    assert nvidia.read(linux(**values), HOST).module is None
    found = nvidia.read(linux(**values), BROKEN).module
    assert (found.built, found.sources, found.secure_boot) == (True, ("580.95.05",), None)


@pytest.mark.parametrize(
    ("names", "place", "built"),
    [
        (("nvidia.ko",), "updates/dkms", True),
        (("nvidia-current.ko.xz",), "updates/dkms", True),
        (("nvidia-fs.ko", "zfs.ko"), "updates/dkms", False),
        (("nvidia.ko.xz",), "extra", True),
    ],
)
def test_a_module_file_is_known_by_its_name(names, place, built):
    assert nvidia_module.read(linux(**modules(*names, place=place)), BROKEN).built is built


def test_a_module_anywhere_is_found_by_depmods_list_and_none_where_nothing_is_known():
    listed = {f"/lib/modules/{KERNEL}/modules.dep": "kernel/nvidia-580/nvidia.ko.zst: kernel/drivers/acpi/video.ko\n"}
    assert nvidia_module.read(linux(listed, **folder(f"/lib/modules/{KERNEL}", "kernel")), BROKEN).built is True
    assert nvidia_module.read(linux(), BROKEN).built is None
    assert nvidia_module.read(linux(), Host()) == KernelModule()


def test_secure_boot_and_the_modules_signature_are_read():
    files = {nvidia_module.SECURE_BOOT: "\x06\0\0\0\1"}
    commands = {
        "modinfo -F signer nvidia": {"stdout": "box Secure Boot Module Signature key\n", "exit": 0},
        f"mokutil --test-key {nvidia_module.KEY}": {"stdout": f"{nvidia_module.KEY} is not enrolled\n", "exit": 0},
    }
    values = modules("nvidia.ko") | there(nvidia_module.KEY)
    found = nvidia_module.read(linux(files, commands, **values), BROKEN)
    assert (found.secure_boot, found.signer, found.enrolled) == (True, "somebody", False)
    commands["modinfo -F signer nvidia"] = {"stdout": "\n", "exit": 0}
    assert nvidia_module.read(linux(files, commands, **values), BROKEN).signer == ""


@pytest.mark.parametrize(
    ("text", "on"), [("\x06\0\0\0\1", True), ("\x06\0\0\0\0", False), ("", None), ("1", None), ("\x06\0\0\0x", None)]
)
def test_the_firmwares_variable_has_its_answer_in_the_fifth_byte(text, on):
    assert nvidia_module.parse_secure_boot(text) is on


def test_a_key_is_known_or_not_only_by_mokutils_words():
    def said(text):
        return nvidia_module.parse_enrolled(Completed(argv=("mokutil",), exit_code=1, stdout=text))

    assert said("MOK.der is already enrolled\n") is True
    assert said("MOK.der is not enrolled\n") is False
    assert said("EFI variables are not supported on this system\n") is None


PLACED = "0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200\n"
UNPLACED = "0x0000000000000000 0x00000007ffffffff 0x000000002014220c\n"


def test_a_memory_region_without_a_place_is_seen():
    assert nvidia_module.parse_unplaced(PLACED + UNPLACED) is True
    assert nvidia_module.parse_unplaced(PLACED + "0x0000000000000000 0x0000000000000000 0x0000000000000000\n") is False
    place = f"{nvidia_module.BUS}/0000:01:00.0"
    files = {f"{place}/vendor": "0x10de\n", f"{place}/class": "0x030000\n", f"{place}/resource": UNPLACED}
    found = nvidia_module.read(linux(files, **folder(nvidia_module.BUS, "0000:01:00.0")), BROKEN)
    assert found.unplaced == ("0000:01:00.0",)
    sound = {**files, f"{place}/class": "0x040300\n"}
    assert nvidia_module.read(linux(sound, **folder(nvidia_module.BUS, "0000:01:00.0")), BROKEN).unplaced == ()


def registry(key, name, kind, value):
    return {"stdout": f"\r\nHKEY_LOCAL_MACHINE\\{key}\r\n    {name}    {kind}    {value}\r\n\r\n", "exit": 0}


def windows_pc(paging="?:\\pagefile.sys", long_paths="0x0", absent=()):
    return RecordedSystem(
        {
            "platform": "windows",
            "env": {"SYSTEMROOT": "C:\\Windows"},
            "commands": {
                " ".join(windows.LONG_PATHS): registry("FileSystem", "LongPathsEnabled", "REG_DWORD", long_paths),
                " ".join(windows.PAGING): registry("Memory", "PagingFiles", "REG_MULTI_SZ", paging),
            },
            "values": there(
                *(f"C:\\Windows\\System32\\{name}" for name in windows.LIBRARIES if name not in absent),
                absent=tuple(f"C:\\Windows\\System32\\{name}" for name in absent),
            ),
        }
    )


def test_the_settings_of_windows_are_read_from_registry_and_system32():
    found = probe_machine(windows_pc(absent=("msvcp140.dll",)), Host()).windows
    assert (found.long_paths, found.paging_file, found.missing_libraries) == (False, True, ("msvcp140.dll",))
    other = windows.read(windows_pc(paging="", long_paths="0x1"))
    assert (other.long_paths, other.paging_file, other.missing_libraries) == (True, False, ())


def test_a_windows_that_told_nothing_lacks_nothing():
    found = windows.read(RecordedSystem({"platform": "windows"}))
    assert (found.long_paths, found.paging_file, found.missing_libraries) == (None, None, ())


def environment(*names, torch=None, **interpreter):
    return Environment(
        path="/env",
        kind="venv",
        interpreter=Interpreter(
            **{"path": "/env/bin/python", "version": "3.12.8", "base_prefix": "/usr", **interpreter}
        ),
        distributions=tuple(Distribution(name=name, version="1.0", folder=f"{name}.dist-info") for name in names),
        torch=torch,
    )


HEADERS = "/usr/include/python3.12/Python.h"


def test_compilers_are_looked_for_only_where_triton_is_installed():
    system = linux(env={"PATH": "/usr/bin"}, **there(absent=("/usr/bin/gcc", "/usr/bin/clang", HEADERS)))
    assert for_environment(system, Machine(), environment("torch")).toolchain is None
    found = for_environment(system, Machine(), environment("triton")).toolchain
    assert (found.compiler, found.headers) == ("", False)
    named = linux(env={"PATH": "/usr/bin", "CC": "/opt/gcc-13"}, **there(HEADERS))
    found = for_environment(named, Machine(), environment("triton")).toolchain
    assert (found.compiler, found.headers) == ("/opt/gcc-13", True)
    threads = linux(env={"PATH": "/usr/bin"}, **there("/usr/bin/clang", "/usr/include/python3.13t/Python.h"))
    free = environment("triton", version="3.13.1", free_threaded=True)
    found = for_environment(threads, Machine(), free).toolchain
    assert (found.compiler, found.headers) == ("/usr/bin/clang", True)


def test_a_toolkit_is_the_one_that_a_build_would_take():
    text = '{"cuda": {"name": "CUDA SDK", "version": "12.6.2"}}'
    named = linux({"/opt/cuda/version.json": text}, env={"CUDA_HOME": "/opt/cuda", "PATH": "/bin"})
    found = toolchain.read(named, environment("triton"))
    assert (found.cuda_home, found.cuda_version) == ("/opt/cuda", "12.6.2")
    usual = toolchain.read(linux(env={"PATH": "/bin"}, **there(toolchain.CUDA)), environment("triton"))
    assert (usual.cuda_home, usual.cuda_version) == (toolchain.CUDA, None)
    on_path = linux(env={"PATH": "/opt/c/bin"}, **there("/opt/c/bin/nvcc"))
    assert toolchain.read(on_path, environment("triton")).cuda_home == "/opt/c"


@pytest.mark.parametrize("text", ["", "[]", '{"cuda": 12}', '{"cuda": {"version": "twelve"}}', "{" * 9999])
def test_a_toolkit_that_does_not_tell_has_no_version(text):
    assert toolchain.parse_version(text) is None


def test_tpus_are_counted_where_jax_is_installed_and_network_cards_are_none():
    files = {}
    for name, device in (("0000:00:04.0", "0x0063"), ("0000:00:05.0", "0x0063"), ("0000:00:06.0", "0x0042")):
        files |= {f"{devices.BUS}/{name}/vendor": "0x1ae0\n", f"{devices.BUS}/{name}/device": f"{device}\n"}
    system = linux(files)
    assert for_environment(system, Machine(), environment("jax")).tpus == 2
    assert for_environment(system, Machine(), environment("torch")).tpus == 0


def test_amds_run_time_for_wsl_is_asked_where_a_rocm_build_is_in_wsl():
    here = environment("torch", torch=TorchBuild(hip="7.2"), site_packages=("/site",))
    values = there("/dev/dxg", absent=("/opt/rocm", "/site/torch/lib/librocdxg.so"))
    assert for_environment(linux(**values), Machine(), here).dxg_runtime is False
    assert for_environment(linux(**{**values, "exists:/opt/rocm": True}), Machine(), here).dxg_runtime is True
    assert for_environment(linux(**there("/dev/dxg")), Machine(), here).dxg_runtime is None
    assert for_environment(linux(), Machine(), here).dxg_runtime is None


def test_nothing_of_nvidia_is_read_where_nothing_of_it_shows():
    system = linux({nvidia.MODULE: OPEN})
    assert probe_machine(system, Host()).nvidia is None
    assert probe_machine(system, HOST).nvidia.open_module is True


XML = """<?xml version="1.0" ?>
<nvidia_smi_log>
	<driver_version>580.95.05</driver_version>
	<gpu id="00000000:01:00.0">
		<product_name>NVIDIA A100-SXM4-80GB</product_name>
		<persistence_mode>Disabled</persistence_mode>
		<compute_mode>Exclusive_Process</compute_mode>
		<fb_memory_usage><total>81920 MiB</total><used>79000 MiB</used></fb_memory_usage>
		<vgpu_software_licensed_product><license_status>N/A</license_status></vgpu_software_licensed_product>
		<ecc_errors><volatile>
			<sram_uncorrectable_parity>0</sram_uncorrectable_parity>
			<sram_uncorrectable_secded>1</sram_uncorrectable_secded>
			<dram_uncorrectable>2</dram_uncorrectable>
		</volatile><aggregate><dram_uncorrectable>7</dram_uncorrectable></aggregate></ecc_errors>
		<remapped_rows><remapped_row_pending>Yes</remapped_row_pending>
			<remapped_row_failure>No</remapped_row_failure></remapped_rows>
		<clocks_event_reasons>
			<clocks_event_reason_sw_power_cap>Active</clocks_event_reason_sw_power_cap>
			<clocks_event_reason_hw_thermal_slowdown>Active</clocks_event_reason_hw_thermal_slowdown>
			<clocks_event_reason_hw_power_brake_slowdown>Not Active</clocks_event_reason_hw_power_brake_slowdown>
		</clocks_event_reasons>
		<fabric><state>In Progress</state><status>N/A</status></fabric>
		<processes><process_info><pid>4711</pid><process_name>python</process_name>
			<used_memory>78000 MiB</used_memory></process_info></processes>
	</gpu>
	<gpu id="00000000:02:00.0">
		<product_name>GPU is lost</product_name>
	</gpu>
</nvidia_smi_log>
"""


def test_the_state_of_every_gpu_is_read():
    first, second = health.parse(XML)
    assert first == GpuHealth(
        number=0,
        uncorrectable_errors=3,
        remapping="pending",
        slowed_by=("hw-thermal",),
        persistence=False,
        compute_mode="exclusive-process",
        fabric="in-progress",
        memory_bytes=81920 * 2**20,
        used_bytes=79000 * 2**20,
        processes=((4711, 78000 * 2**20),),
    )
    assert second == GpuHealth(number=1, lost=True)


def test_older_drivers_count_double_bits():
    text = XML.replace("dram_uncorrectable>", "other>").replace("sram_uncorrectable", "another")
    text = text.replace("<volatile>", "<volatile><double_bit><cbu>N/A</cbu><total>4</total></double_bit>")
    assert health.parse(text)[0].uncorrectable_errors == 4


def test_a_recorded_state_counts_and_a_machine_that_is_not_asked_tells_none():
    assert probe_machine(linux(commands={"nvidia-smi -q -x": XML}), HOST).health[0].number == 0
    assert probe_machine(linux(), HOST).health is None


def test_no_recorded_gpu_that_is_well_is_called_sick(shared):
    import json

    from dlsetup.check.machine.health import joined, sound
    from dlsetup.values.situation import Situation

    paths = sorted((shared / "hosts" / "records").glob("nv-xml-*.json"))
    assert paths
    for path in paths:
        found = health.read(RecordedSystem(json.loads(path.read_text())))
        assert found, path.name
        situation = Situation(host=HOST, machine=Machine(health=found))
        assert sound(situation).status.value == "ok", path.name
        assert joined(situation).status.value == "skip", path.name
