"""Texts in the formats of the tools that people paste, with values of our own."""

from __future__ import annotations

SMI_TABLE = """\
Mon Mar  2 10:11:12 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.133.20             Driver Version: 570.133.20     CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA GeForce RTX 4070        Off |   00000000:0B:00.0 Off |                  N/A |
|  0%   41C    P8             12W /  200W |     311MiB /  12282MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A            1234      G   /usr/lib/xorg/Xorg                      200MiB |
+-----------------------------------------------------------------------------------------+
"""

SMI_WINDOWS = """\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 566.14                 Driver Version: 566.14         CUDA Version: 12.7     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                  Driver-Model | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA GeForce RTX 3060      WDDM  |   00000000:01:00.0  On |                  N/A |
|  0%   45C    P8             14W /  170W |     900MiB /  12288MiB |      3%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
"""

SMI_LOG = """\
==============NVSMI LOG==============

Timestamp                                 : Mon Mar  2 10:11:12 2026
Driver Version                            : 550.90.07
CUDA Version                              : 12.4

Attached GPUs                             : 1
GPU 00000000:3B:00.0
    Product Name                          : NVIDIA L4
    Product Architecture                  : Ada Lovelace
    MIG Mode
        Current                           : N/A
        Pending                           : N/A
    PCI
        Bus                               : 0x3B
        Device Id                         : 0x27B810DE
    FB Memory Usage
        Total                             : 23034 MiB
        Used                              : 4 MiB
"""

SMI_XML = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>Mon Mar  2 10:11:12 2026</timestamp>
	<driver_version>550.90.07</driver_version>
	<cuda_version>12.4</cuda_version>
	<attached_gpus>1</attached_gpus>
	<gpu id="00000000:3B:00.0">
		<product_name>NVIDIA L4</product_name>
		<driver_model>
			<current_dm>N/A</current_dm>
		</driver_model>
		<pci><pci_device_id>27B810DE</pci_device_id></pci>
		<fb_memory_usage><total>23034 MiB</total></fb_memory_usage>
	</gpu>
</nvidia_smi_log>
"""

SMI_LIST = """\
GPU 0: NVIDIA A30 (UUID: GPU-11111111-2222-3333-4444-555555555555)
GPU 1: NVIDIA A30 (UUID: GPU-11111111-2222-3333-4444-666666666666)
"""

SMI_CSV = """\
index, name, memory.total [MiB], driver_version
0, NVIDIA A30, 24576 MiB, 535.183.06
1, NVIDIA A30, 24576 MiB, 535.183.06
"""

SMI_FAILED = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
    "Make sure that the latest NVIDIA driver is installed and running.\n"
)

ROCMINFO = """\
ROCk module is loaded
=====================
HSA System Attributes
=====================
Runtime Version:         1.14
==========
HSA Agents
==========
*******
Agent 1
*******
  Name:                    AMD Ryzen 7 7700X 8-Core Processor
  Marketing Name:          AMD Ryzen 7 7700X 8-Core Processor
  Vendor Name:             CPU
  Device Type:             CPU
*******
Agent 2
*******
  Name:                    gfx1101
  Uuid:                    GPU-XX
  Marketing Name:          AMD Radeon RX 7800 XT
  Vendor Name:             AMD
  Device Type:             GPU
  Chip ID:                 29822(0x747e)
  BDFID:                   768
*** Done ***
"""

ROCM_SMI = """\
============================ ROCm System Management Interface ============================
====================================== Product Info ======================================
GPU[0]		: Card series:		Radeon RX 7800 XT
GPU[0]		: Card model:		0x747e
==========================================================================================
================================== End of ROCm SMI Log ===================================
"""

ROCM_SMI_JSON = '{"card0": {"Device ID": "0x747e", "Device Name": "Radeon RX 7800 XT", "GFX Version": "gfx1101"}}\n'

AMD_SMI_JSON = """\
[
    {
        "gpu": 0,
        "asic": {"market_name": "AMD Instinct MI300X", "device_id": "0x74a1", "target_graphics_version": "gfx942"},
        "bus": {"bdf": "0000:05:00.0"}
    }
]
"""

XPU_SMI = """\
+-----------+--------------------------------------------------------------------------------------+
| Device ID | Device Information                                                                   |
+-----------+--------------------------------------------------------------------------------------+
| 0         | Device Name: Intel(R) Arc(TM) A770 Graphics                                          |
|           | Vendor Name: Intel(R) Corporation                                                    |
|           | PCI BDF Address: 0000:03:00.0                                                        |
+-----------+--------------------------------------------------------------------------------------+
"""

CLINFO = """\
Number of platforms                               1
  Platform Name                                   Intel(R) OpenCL Graphics
  Platform Vendor                                 Intel(R) Corporation

  Platform Name                                   Intel(R) OpenCL Graphics
Number of devices                                 1
  Device Name                                     Intel(R) Arc(TM) A750 Graphics
  Device Vendor                                   Intel(R) Corporation
  Device Type                                     GPU
"""

SYCL_LS = """\
[level_zero:gpu][level_zero:0] Intel(R) oneAPI Unified Runtime over Level-Zero, Intel(R) Arc(TM) A770 Graphics 12.55.8 [1.6.31294]
[opencl:cpu][opencl:0] Intel(R) OpenCL, 13th Gen Intel(R) Core(TM) i5-13400 OpenCL 3.0 (Build 0) [2024.18.10.0]
[opencl:gpu][opencl:1] Intel(R) OpenCL Graphics, Intel(R) Arc(TM) A770 Graphics OpenCL 3.0 NEO [24.39.31294]
"""  # noqa: E501 - the tool's own lines

LSPCI = """\
00:00.0 Host bridge: Intel Corporation Device 4668 (rev 02)
00:02.0 VGA compatible controller: Intel Corporation AlderLake-S GT1 (rev 0c)
01:00.0 VGA compatible controller: NVIDIA Corporation AD104 [GeForce RTX 4070] (rev a1)
"""

PROFILER_JSON = """\
{
  "SPHardwareDataType" : [
    {
      "_name" : "hardware_overview",
      "chip_type" : "Apple M2 Pro",
      "number_processors" : "proc 10:6:4",
      "physical_memory" : "16 GB"
    }
  ],
  "SPDisplaysDataType" : [
    {
      "_name" : "Apple M2 Pro",
      "spdisplays_mtlgpufamilysupport" : "spdisplays_metal3",
      "spdisplays_vendor" : "sppci_vendor_Apple",
      "sppci_bus" : "spdisplays_builtin",
      "sppci_cores" : "16",
      "sppci_model" : "Apple M2 Pro"
    }
  ]
}
"""

PROFILER_TEXT = """\
Hardware:

    Hardware Overview:

      Model Name: Mac mini
      Chip: Apple M2 Pro
      Total Number of Cores: 10 (6 performance and 4 efficiency)
      Memory: 16 GB
"""

SW_VERS = "ProductName:\t\tmacOS\nProductVersion:\t\t14.6.1\nBuildVersion:\t\t23G93\n"

LSCPU = """\
Architecture:                         x86_64
CPU op-mode(s):                       32-bit, 64-bit
Byte Order:                           Little Endian
CPU(s):                               16
Vendor ID:                            AuthenticAMD
Model name:                           AMD Ryzen 7 7700X 8-Core Processor
Thread(s) per core:                   2
Core(s) per socket:                   8
Socket(s):                            1
Flags:                                fpu sse sse2 lm pni ssse3 sse4_1 sse4_2 avx avx2 fma
"""

CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz
siblings\t: 1
cpu cores\t: 1
flags\t\t: fpu lm sse4_2 avx avx2 avx512f

"""

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'

UNAME = "Linux box 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux\n"

SYSTEMINFO = """\
Host Name:                 DESKTOP
OS Name:                   Microsoft Windows 11 Pro
OS Version:                10.0.22631 N/A Build 22631
System Type:               x64-based PC
Processor(s):              1 Processor(s) Installed.
                           [01]: Intel64 Family 6 Model 151 Stepping 2 GenuineIntel ~3600 Mhz
Total Physical Memory:     32,509 MB
"""

DXDIAG = """\
------------------
System Information
------------------
      Time of this report: 3/2/2026, 10:11:12
         Operating System: Windows 11 Pro 64-bit (10.0, Build 22631) (22621.ni_release.220506-1250)
                Processor: 12th Gen Intel(R) Core(TM) i7-12700 (20 CPUs), ~2.1GHz
                   Memory: 32768MB RAM
          DirectX Version: DirectX 12
---------------
Display Devices
---------------
           Card name: NVIDIA GeForce RTX 3060
        Manufacturer: NVIDIA
          Device Key: Enum\\PCI\\VEN_10DE&DEV_2504&SUBSYS_88131043&REV_A1
    Dedicated Memory: 12129 MB
      Driver Version: 32.0.15.6614
"""

COLLECT_ENV = """\
Collecting environment information...
PyTorch version: 2.6.0+cu124
Is debug build: False
CUDA used to build PyTorch: 12.4
ROCM used to build PyTorch: N/A

OS: Ubuntu 22.04.5 LTS (x86_64)
GCC version: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0
Clang version: Could not collect
CMake version: version 3.31.4
Libc version: glibc-2.35

Python version: 3.10.16 (main, Dec 11 2024, 16:24:50) [GCC 11.2.0] (64-bit runtime)
Python platform: Linux-6.8.0-52-generic-x86_64-with-glibc2.35
Is CUDA available: True
CUDA runtime version: 12.1.105
CUDA_MODULE_LOADING set to: LAZY
GPU models and configuration:
GPU 0: NVIDIA RTX A5000
GPU 1: NVIDIA RTX A5000

Nvidia driver version: 550.144.03
cuDNN version: Could not collect
HIP runtime version: N/A
MIOpen runtime version: N/A
Is XNNPACK available: True

CPU:
Architecture:                         x86_64
CPU op-mode(s):                       32-bit, 64-bit
CPU(s):                               32
Vendor ID:                            AuthenticAMD
Model name:                           AMD EPYC 7313 16-Core Processor
Flags:                                fpu lm sse4_2 avx avx2

Versions of relevant libraries:
[pip3] numpy==2.2.3
[pip3] nvidia-cublas-cu12==12.4.5.8
[pip3] torch==2.6.0
[pip3] torchvision==0.21.0
[pip3] triton==3.2.0
[conda] numpy                     2.2.3                    pypi_0    pypi
[conda] torch                     2.6.0                    pypi_0    pypi
"""

COLLECT_ENV_ROCM = """\
PyTorch version: 2.5.1+rocm6.2
Is debug build: False
CUDA used to build PyTorch: N/A
ROCM used to build PyTorch: 6.2.41133-dd7f95766

OS: Fedora Linux 41 (Workstation Edition) (x86_64)
Libc version: glibc-2.40

Python version: 3.12.8 (main, Dec  6 2024, 00:00:00) [GCC 14.2.1 20240912 (Red Hat 14.2.1-3)] (64-bit runtime)
Python platform: Linux-6.12.11-200.fc41.x86_64-x86_64-with-glibc2.40
Is CUDA available: True
GPU models and configuration: AMD Radeon RX 7900 XTX (gfx1100)
Nvidia driver version: Could not collect
HIP runtime version: 6.2.41133
MIOpen runtime version: 3.2.0

Versions of relevant libraries:
[pip3] torch==2.5.1+rocm6.2
[conda] Could not collect
"""

COLLECT_ENV_MAC = """\
PyTorch version: 2.5.1
Is debug build: False
CUDA used to build PyTorch: None
ROCM used to build PyTorch: N/A

OS: macOS 14.6.1 (x86_64)
Clang version: 15.0.0 (clang-1500.3.9.4)
Libc version: N/A

Python version: 3.11.9 (main, Apr  2 2024, 08:25:04) [Clang 15.0.0 (clang-1500.3.9.4)] (64-bit runtime)
Python platform: macOS-14.6.1-x86_64-i386-64bit
Is CUDA available: False
GPU models and configuration: No CUDA
Nvidia driver version: No CUDA

CPU:
Apple M1 Max

Versions of relevant libraries:
[pip3] torch==2.5.1
[conda] Could not collect
"""

COLLECT_ENV_WINDOWS = """\
PyTorch version: 2.6.0+cpu
Is debug build: False
CUDA used to build PyTorch: Could not collect
ROCM used to build PyTorch: N/A

OS: Microsoft Windows 11 Home (10.0.26100 64-bit)
Libc version: N/A

Python version: 3.12.6 (tags/v3.12.6:a4a2d2b, Sep  6 2024, 20:11:23) [MSC v.1940 64 bit (AMD64)] (64-bit runtime)
Python platform: Windows-11-10.0.26100-SP0
Is CUDA available: False
GPU models and configuration: GPU 0: NVIDIA GeForce RTX 4060 Laptop GPU
Nvidia driver version: 560.94

CPU:
Name: 13th Gen Intel(R) Core(TM) i7-13620H
Manufacturer: GenuineIntel
Architecture: 9

Versions of relevant libraries:
[pip3] torch==2.6.0
"""

COLLECT_ENV_XPU = """\
PyTorch version: 2.7.0+xpu
Is debug build: False
CUDA used to build PyTorch: None
ROCM used to build PyTorch: N/A

OS: Ubuntu 24.10 (x86_64)
Libc version: glibc-2.40

Python version: 3.12.7 (main, Jan 17 2025, 16:55:58) [GCC 14.2.0] (64-bit runtime)
Python platform: Linux-6.11.0-21-generic-x86_64-with-glibc2.40
Is CUDA available: False
Is XPU available: True
XPU used to build PyTorch: 20250000
Intel GPU driver version:
* intel-opencl-icd:\t24.52.32224.14
* libze1:\t1.19.2
Intel GPU models onboard:
* Intel(R) Arc(TM) B580 Graphics
Intel GPU models detected:
* [0] _XpuDeviceProperties(name='Intel(R) Arc(TM) B580 Graphics', platform_name='Intel(R) oneAPI', device_id=0xE20B, total_memory=11605MB)
Is XNNPACK available: True
"""  # noqa: E501 - torch's own line

TRANSFORMERS = """\
- `transformers` version: 4.49.0
- Platform: Linux-5.15.0-131-generic-x86_64-with-glibc2.35
- Python version: 3.11.11
- Huggingface_hub version: 0.29.1
- Safetensors version: 0.5.2
- Accelerate version: 1.4.0
- Accelerate config: \tnot found
- DeepSpeed version: not installed
- PyTorch version (GPU?): 2.6.0+cu124 (True)
- Tensorflow version (GPU?): not installed (NA)
- Flax version (CPU?/GPU?/TPU?): not installed (NA)
- Jax version: not installed
- JaxLib version: not installed
- Using distributed or parallel set-up in script?: <fill in>
- Using GPU in script?: <fill in>
- GPU type: NVIDIA H100 PCIe
"""

JAX = """\
jax:    0.5.3
jaxlib: 0.5.3
numpy:  2.2.4
python: 3.12.9 (main, Feb 12 2025, 14:50:50) [GCC 13.2.0]
device info: NVIDIA A30-2, 2 local devices"
process_count: 1
platform: uname_result(system='Linux', node='box', release='6.8.0-55-generic', version='#57', machine='x86_64')


$ nvidia-smi
"""

CONDA_INFO = """\

     active environment : dl
    active env location : /home/user/miniforge3/envs/dl
            shell level : 2
       user config file : /home/user/.condarc
          conda version : 24.11.3
         python version : 3.12.8.final.0
       virtual packages : __archspec=1=zen3
                          __cuda=12.6=0
                          __glibc=2.35=0
                          __linux=6.8.0=0
                          __unix=0=0
       base environment : /home/user/miniforge3  (writable)
               platform : linux-64
             user-agent : conda/24.11.3 requests/2.32.3 CPython/3.12.8 Linux/6.8.0-52-generic ubuntu/22.04.5 glibc/2.35
                UID:GID : 1000:1000
"""

CONDA_LIST = """\
# packages in environment at /home/user/miniforge3/envs/dl:
#
# Name                    Version                   Build  Channel
_libgcc_mutex             0.1                 conda_forge    conda-forge
mkl                       2023.1.0         h213fc3f_46344
numpy                     1.26.4          py311h64a7726_0    conda-forge
python                    3.11.8          hab00c5b_0_cpython    conda-forge
pytorch                   2.2.1           py3.11_cuda12.1_cudnn8.9.2_0    pytorch
safetensors               0.4.2                    pypi_0    pypi
"""

TENSORFLOW = """\

== check python ===================================================
python version: 3.9.2
python branch:
python build version: ('default', 'Feb 28 2021 17:03:44')
python compiler version: GCC 10.2.1 20210110
python implementation: CPython


== check os platform ===============================================
os: Linux
os kernel version: #1 SMP Debian 5.10.46-4 (2021-08-03)
os release version: 5.10.0-8-amd64
os platform: Linux-5.10.0-8-amd64-x86_64-with-glibc2.31
linux distribution: ('Debian GNU/Linux', '11', 'bullseye')
mac version: ('', ('', '', ''), '')
uname: uname_result(system='Linux', node='box', release='5.10.0-8-amd64', version='#1 SMP', machine='x86_64')
architecture: ('64bit', 'ELF')
machine: x86_64


== are we in docker =============================================
Yes

== check pips ===================================================
numpy                   1.19.5
protobuf                3.17.3
tensorflow              2.5.0
tensorflow-estimator    2.5.0

== env ==========================================================
LD_LIBRARY_PATH /usr/local/cuda-11.2/lib64
DYLD_LIBRARY_PATH is unset

== nvidia-smi ===================================================
"""

PIP_FREEZE = "filelock==3.16.1\nnumpy==1.26.4\ntorch==2.2.2\ntorchvision==0.17.2\n"

PIP_LIST = """\
Package           Version
----------------- -----------
filelock          3.16.1
numpy             1.26.4
pip               24.0
torch             2.2.2
typing_extensions 4.12.2
"""

PYTHON_VV = "Python 3.12.3 (main, Feb  4 2025, 14:48:35) [GCC 13.3.0]\n"

TEXTS = {name: text for name, text in globals().items() if name.isupper() and isinstance(text, str)}

MAN_PAGE = """\
NVIDIA-SMI(1)                      NVIDIA                      NVIDIA-SMI(1)

NAME
       nvidia-smi - NVIDIA System Management Interface program

SYNOPSIS
       nvidia-smi [OPTION1 [ARG1]] [OPTION2 [ARG2]] ...

DESCRIPTION
       nvidia-smi  (also  NVSMI)  provides  monitoring and management capabilities for each of NVIDIA's Tesla devices.

   SUMMARY OPTIONS
   -L, --list-gpus
       List each of the NVIDIA GPUs in the system, along with their UUIDs.

   GPU ATTRIBUTES
       Driver Version
              The version of the installed NVIDIA display driver.  This is an alphanumeric string.
       Attached GPUs
              The number of NVIDIA GPUs in the system.
       Product Name
              The official product name of the GPU.
"""

BLOG = """\
# How to install PyTorch on Ubuntu

First look at the output of `nvidia-smi`. In its first line you find "Driver Version: 550.54" and "CUDA Version: 12.4".
If you see "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver", install a driver.

    $ nvidia-smi

Then run

    pip install torch==2.6.0 torchvision==0.21.0

My GPU 0: an old GeForce. The OS: Ubuntu. PyTorch version: the newest. With Linux 6.8 and Python 3.12 all is well.
Architecture: x86_64 is what most people have; processor: whatever you like.
"""

C_SOURCE = """\
/* Reads the CPU's model name from /proc/cpuinfo. */
#include <stdio.h>
#include <string.h>

#define DRIVER_VERSION "570.10"

int main(void) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, "model name", 10) || !strncmp(line, "flags", 5))
            printf("%s: %s\\n", "processor", line);
        switch (line[0]) { case 'p': break; default: continue; }
    }
    printf("PyTorch version: %s, Driver Version: %s\\n", "none", DRIVER_VERSION);
    return 0;
}
"""

REQUIREMENTS = """\
# This file was made by uv
filelock==3.16.1 \\
    --hash=sha256:2082e5703d51fbf98ea75855d9d5527e33d8ff23099bec374a134febee6946b0
    # via torch
numpy==1.26.4 \\
    --hash=sha256:2a02aba9ed12e4ac4eb3ea9421c420301a0c6460d9830d74a9df87efa4912010
torch==2.2.2
"""

SOURCE_OF_COLLECT_ENV = '''\
env_info_fmt = """
PyTorch version: {torch_version}
Is debug build: {is_debug_build}
CUDA used to build PyTorch: {cuda_compiled_version}

OS: {os}
GPU models and configuration: {nvidia_gpu_models}
Nvidia driver version: {nvidia_driver_version}
""".strip()
'''

NEAR_MISSES = {
    "man page": MAN_PAGE,
    "blog": BLOG,
    "C source": C_SOURCE,
    "requirements": REQUIREMENTS,
    "source of collect_env": SOURCE_OF_COLLECT_ENV,
}
