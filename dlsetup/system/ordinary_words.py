"""Words that tools print of any machine: a user or host of such a name is not known by it."""

from __future__ import annotations

_LISTED = """
root user users ubuntu debian fedora centos rhel redhat rocky alma almalinux arch archlinux manjaro mint linuxmint pop
opensuse suse sles leap tumbleweed gentoo alpine nixos void kali raspbian oracle amazon amzn photon mageia slackware
zorin elementary deepin endeavouros clearlinux steamos bazzite mariner azurelinux flatcar admin administrator guest
nobody default owner me dev developer test tester demo student sys service ec2-user azureuser opc cloud cloud-user
core jovyan runner runneradmin vagrant docker podman container kubernetes builder build ci jenkins gitlab-runner
vscode codespace colab kaggle sagemaker-user vm localhost localdomain local host workstation desktop laptop notebook
server node compute cluster login head worker master main linux mac macbook macos imac mini studio windows wsl pc home
machine computer nvidia amd intel apple arm ibm qualcomm broadcom microsoft google cuda rocm opencl vulkan level zero
oneapi sycl gpu gpus cpu cpus npu tpu ram memory disk bus pci pcie sxm nvlink hbm gddr mig vgpu grid mps tcc wddm
tensor torch pytorch torchvision torchaudio tensorflow keras jax jaxlib flax mxnet chainer cntk spark pyspark mlx
numpy scipy pandas python python3 cpython pypy pip uv conda mamba anaconda miniconda miniforge virtualenv venv env
jetson tegra tesla quadro geforce radeon instinct firepro titan ada max pro ultra super air nano thor orin xavier
grace hopper ampere turing volta pascal maxwell kepler fermi blackwell lovelace navi vega polaris fiji rdna cdna gfx
arc iris xe alchemist battlemage lunar lake meteor arrow raptor tiger ice ryzen epyc threadripper athlon opteron xeon
core pentium celeron atom neoverse cortex carmel data model models lib libs lib64 bin sbin usr opt etc var tmp temp
src share include work workspace project projects scratch proc dev run mnt media boot snap nix store cache config
files program volumes library applications private true false none null enabled disabled yes no ok on off not found
unknown error failed warning missing version driver name id type device devices total used free system os name
platform arch architecture x86 x86_64 i386 i686 amd64 arm64 aarch64 ppc64le s390x riscv64 generic kernel smp preempt
dynamic release vendor family processor processors product display graphics controller accelerator accelerators
compatible class subsystem power temp fan persistence performance capability compute clock speed mode state status
default process processes model-name brand flags features cores threads sockets virtual hypervisor physical logical
address bits size git http https file index simple download mirror wheel wheels package packages site-packages
dist-packages jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun utc gmt cet
"""
"""Names of ordinary accounts and hosts, makers, products, systems and frameworks, in lower case."""

ORDINARY_WORDS = frozenset(_LISTED.split())
