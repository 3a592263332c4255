"""No secret reaches a recording or a report, whatever it is and whichever tool printed it."""
# ruff: noqa: E501 - texts of other programs stand as they print them

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
import unicodedata
from string import Template

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dlsetup.system.ordinary_words import ORDINARY_WORDS
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.recording import RecordingSystem
from dlsetup.system.redaction import report_redactor
from dlsetup.values.environment import Environment, Interpreter, Session
from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.host import Driver, Gap, Host
from dlsetup.values.report import Outcome, Report

FILES = {
    "/etc/hostname": "$host\n",
    "/proc/version": "Linux version 6.8.0-51-generic (builder@$other_host) (gcc 13.3.0) #52 SMP\n",
    "/proc/1/environ": "HOME=$home\0HF_TOKEN=$token\0HOSTNAME=$host\0container=docker\0",
    "/proc/1/cgroup": "0::/docker/$container\n1:name=systemd:/user.slice/$user.scope\n",
    "/proc/mounts": (
        "$other_host.$domain:/export/people /people nfs4 rw,addr=$ip4,clientaddr=$other_ip4 0 0\n"
        "//$other_host/share /mnt/share cifs rw,username=$login,domain=$domain,password=$password 0 0\n"
        "$login@$other_host:/data /mnt/data fuse.sshfs rw 0 0\n"
        "/dev/sdb1 /media/$other/stick vfat rw 0 0\n"
    ),
    "$home/.config/pip/pip.conf": (
        "[global]\nindex-url = https://$login:$password@mirror.example/simple\nproxy = $login:$password@proxy.example:3128\n"
        "extra-index-url = https://$token@index.example/simple https://conda.example/t/$token/main\n"
    ),
    "/etc/machine-id": "$machine_id\n",
    "$home/.venv/pyvenv.cfg": "home = $home/miniconda3/bin\nversion = 3.12.3\n",
}
COMMANDS = {
    "nvidia-smi": (
        "| NVIDIA-SMI 580.95.05   Driver Version: 580.95.05   CUDA Version: 13.0 |\n"
        "|    0   N/A  N/A      1234      C   $home/.venv/bin/python                 1024MiB |\n"
        "|    0   N/A  N/A      1235      C   /home/$other/envs/x/bin/python          512MiB |\n"
    ),
    "nvidia-smi -L": "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-$uuid)\n  MIG 1g.10gb Device 0: (UUID: MIG-$other_uuid)\n",
    "nvidia-smi -q": (
        "GPU 00000000:01:00.0\n    Product Name                          : NVIDIA H100 80GB HBM3\n"
        "    Serial Number                         : $serial\n    GPU UUID                              : GPU-$uuid\n"
        "    GPU PDI                               : 0x$hexadecimal\n    Board ID                              : 0x$hexadecimal\n"
        "    Platform Info\n        Chassis Serial Number             : $serial\n"
        "    Fabric\n        ClusterUUID                       : $other_uuid\n"
        "    Processes\n        Process ID                        : 77\n            Name                          : $home/a.out\n"
    ),
    "nvidia-smi -q -x": (
        '<?xml version="1.0" ?><nvidia_smi_log><gpu id="00000000:01:00.0"><serial>$serial</serial><uuid>GPU-$uuid</uuid>'
        "<board_id>0x$hexadecimal</board_id><gpu_pdi>0x$hexadecimal</gpu_pdi>"
        "<chassis_serial_number>$serial</chassis_serial_number>"
        "<process_name>$home/.venv/bin/python</process_name></gpu></nvidia_smi_log>\n"
    ),
    "rocm-smi --showuniqueid --showserial": (
        "GPU[0]\t\t: Unique ID: 0x$hexadecimal\nGPU[0]\t\t: Serial Number: $serial\n"
    ),
    "rocm-smi -a --json": '{"card0": {"Unique ID": "0x$hexadecimal", "Serial Number": "$serial"}}\n',
    "amd-smi static --json": (
        '[{"gpu": 0, "asic": {"market_name": "MI300X", "asic_serial": "0x$hexadecimal"}, "uuid": "$uuid", '
        '"board": {"product_serial": "$serial"}}]\n'
    ),
    "rocminfo": "  Uuid:                    GPU-$hexadecimal\n  Marketing Name:          AMD Instinct MI300X\n",
    "lspci -v": "01:00.0 VGA compatible controller: NVIDIA\n\tCapabilities: [148 v1] Device Serial Number $mac_dashed\n",
    "uname -a": "Linux $host 6.8.0-51-generic #52-Ubuntu SMP x86_64 x86_64 x86_64 GNU/Linux\n",
    "uname -a (another machine)": "Darwin $other_host.$domain 24.6.0 Darwin Kernel Version 24.6.0 arm64\n",
    "sysctl kern": "kern.hostname: $host\nkern.uuid: $uuid\nkern.osversion: 24G90\n",
    "ip addr": (
        "2: eth0: <UP> mtu 1500\n    link/ether $mac brd ff:ff:ff:ff:ff:ff\n    inet $ip4/24 brd 10.255.255.255 scope global\n"
        "    inet6 $ip6/64 scope link\n"
    ),
    "ifconfig": "en0: flags=8863\n\tether $mac\n\tinet6 $ip6%en0 prefixlen 64\n\tinet $ip4 netmask 0xffffff00\n",
    "ip route": "default via $ip4 dev eth0 src $other_ip4\n",
    "system_profiler SPHardwareDataType SPSoftwareDataType": (
        "      Model Name: MacBook Pro\n      Serial Number (system): $serial\n      Hardware UUID: $uuid\n"
        "      Provisioning UDID: $udid\n      Computer Name: $person's MacBook Pro\n      User Name: $person ($user)\n"
    ),
    "system_profiler -json SPHardwareDataType": (
        '{"SPHardwareDataType": [{"platform_UUID": "$uuid", "provisioning_UDID": "$udid", "serial_number": "$serial"}],\n'
        '"SPSoftwareDataType": [{"local_host_name": "$person", "user_name": "$person ($user)"}]}\n'
    ),
    "ioreg -l": (
        '    "IOPlatformSerialNumber" = "$serial"\n    "IOPlatformUUID" = "$uuid"\n    "gpu-core-count" = 40\n'
        '    "USB Serial Number" = "$serial"\n'
    ),
    "ioreg -a": "<key>IOPlatformSerialNumber</key>\n\t<string>$serial</string>\n<key>IOPlatformUUID</key><string>$uuid</string>\n",
    "systeminfo": (
        "Host Name:                 $other_host\nRegistered Owner:          $person\nRegistered Organization:   $person\n"
        "Product ID:                $product\nDomain:                    $domain\nLogon Server:              \\\\$other_host\n"
        "                                 [01]: $ip4\n                                 [02]: $ip6\n"
    ),
    "dxdiag /t": (
        "      Machine name: $other_host\n        Machine Id: {$uuid}\n         User Name: $person\n"
        "          Card name: NVIDIA GeForce RTX 3060\n"
    ),
    "ipconfig /all": (
        "   Host Name . . . . . . . . . . . . : $host\n   Physical Address. . . . . . . . . : $mac_dashed\n"
        "   Link-local IPv6 Address . . . . . : $ip6%12(Preferred)\n   IPv4 Address. . . . . . . . . . . : $ip4(Preferred)\n"
    ),
    "powershell": "PNPDeviceID : PCI\\VEN_8086&DEV_1533&SUBSYS_00008086&REV_03\\$serial\n",
    "env": (
        "HF_TOKEN=$token\nAWS_ACCESS_KEY_ID=$serial\nAWS_SECRET_ACCESS_KEY=$password\nWANDB_API_KEY='$password'\nUSER=$user\n"
        "HTTPS_PROXY=http://$login:$password@proxy.example:3128\nHOSTNAME=$host\nHOME=$home\nLOGNAME=$user\n"
        'PASSWORD="$person $password"\nMASTER_ADDR=$ip4\n'
    ),
    "git config -l": "url.https://x-access-token:$token@git.example/.insteadof=git@git.example:\nuser.email=$login@$domain\n",
    "curl -v": "> Authorization: Bearer $token\n> Cookie: session=$password\nfetching https://x.example/a?token=$token&sig=$password\n",
    "python -m torch.utils.collect_env": (
        "Python platform: Linux-6.8.0-51-generic-x86_64-with-glibc2.39\nGPU 0: NVIDIA H100\n[conda] torch 2.9.0 pypi_0 pypi\n"
        "CUDA_PATH: $home/cuda\n$user@$host:~$$ python\n"
    ),
    "win": r"C:\Users\$other\AppData\Local\Temp and C:\\Users\\$other\\AppData and \\$other_host\share" + "\n",
}
ENV = {
    "USER": "$user",
    "HOME": "$home",
    "HOSTNAME": "$host",
    "HF_TOKEN": "$token",
    "PIP_INDEX_URL": "https://$login:$password@mirror.example/simple",
    "PIP_PROXY": "$login:$password@proxy.example:3128",
    "VIRTUAL_ENV": "$home/.venv",
    "PATH": "$home/.venv/bin:/usr/bin:/home/$other/bin",
    "PYTHONPATH": "/data/$user/lib",
    "CUDA_VISIBLE_DEVICES": "GPU-$uuid",
}
VALUES = {
    "home": "$home",
    "node": "$host.$domain",
    "folder": "$home/work",
    "link:/proc/self/cwd": "$home/work",
    "nvml": {"state": "error", "detail": "not readable: $home/lib, $ip4", "gpus": []},
    "listing:/scratch": ["$user", "data"],
}


def words(alphabet, low, high):
    return st.text(alphabet=alphabet, min_size=low, max_size=high)


HEX = "0123456789abcdef"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# a beginning that no word of the tools has: what is drawn at random would sooner or later be one of these
NAMES = st.builds(
    str.__add__, st.sampled_from(["zq", "xj", "qv"]), words(LETTERS, 3, 10) | words(LETTERS + "äéíñøşžл漢あ", 3, 8)
)
PEOPLE = st.tuples(NAMES, NAMES).map(" ".join)
MACS = st.lists(st.integers(0, 255), min_size=6, max_size=6)
ADDRESSES = st.builds(
    lambda first, rest: ".".join(map(str, (first, *rest))),
    st.integers(1, 223).filter(lambda first: first != 127),
    st.tuples(*[st.integers(0, 255)] * 3),
)
SECRETS = st.fixed_dictionaries(
    {
        "user": NAMES | PEOPLE,
        "other": NAMES | PEOPLE,
        "login": NAMES,
        "person": PEOPLE,
        "host": st.builds(lambda a, b: f"{a}-{b}", NAMES.filter(str.isascii), words(LETTERS + "0123456789", 1, 4)),
        "other_host": NAMES.filter(str.isascii),
        "domain": NAMES.filter(str.isascii).map(lambda name: f"{name}.example"),
        "serial": st.builds(
            lambda a, b: f"Q7{a}{b}", words("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 6, 12), words("0123456789", 2, 3)
        ),
        "uuid": st.uuids().map(str) | st.uuids().map(lambda each: str(each).upper()),
        "other_uuid": st.uuids().map(str),
        "udid": st.builds(lambda a, b: f"{a}-{b}".upper(), words(HEX, 8, 8), words(HEX, 16, 16)),
        "hexadecimal": words(HEX, 16, 16),
        "machine_id": words(HEX, 32, 32),
        "container": words(HEX, 64, 64),
        "mac": MACS.map(lambda each: ":".join(f"{byte:02x}" for byte in each)),
        "mac_dashed": MACS.map(lambda each: "-".join(f"{byte:02X}" for byte in each)),
        "ip4": ADDRESSES,
        "other_ip4": ADDRESSES,
        "ip6": st.ip_addresses(v=6).map(str) | st.ip_addresses(network=ipaddress.IPv6Network("fe80::/64")).map(str),
        "product": st.builds(
            lambda a, b: f"00{a:03d}-{b:05d}-00000-AA{a:03d}", st.integers(0, 999), st.integers(10000, 99999)
        ),
        "token": words(LETTERS + "0123456789", 16, 30).map(lambda each: "hf_" + each)
        | words(LETTERS + "0123456789", 36, 36).map(lambda each: "ghp_" + each),
        "password": words(LETTERS + LETTERS.upper() + "0123456789._~%-", 6, 20).map(lambda each: "Zq7" + each),
        "root": st.sampled_from(["/home/", "/Users/", "/data/people/", "/export/home/dept/"]),
    }
)
KEPT = ("root",)


def filled(part, secrets):
    """Put the secrets into texts, keys included."""
    if isinstance(part, dict):
        return {filled(key, secrets): filled(item, secrets) for key, item in part.items()}
    if isinstance(part, list):
        return [filled(item, secrets) for item in part]
    return Template(part).substitute(secrets) if isinstance(part, str) else part


def machine(secrets):
    secrets = {**secrets, "home": secrets["root"] + secrets["user"]}
    # blanks of a home folder are written so in tables of mounts
    return RecordedSystem(
        {
            "platform": "linux",
            "files": filled(FILES, secrets),
            "commands": filled(COMMANDS, secrets),
            "env": filled(ENV, secrets),
            "values": filled(VALUES, secrets),
        }
    )


PLAIN = (
    json.dumps([FILES, COMMANDS, ENV, VALUES], ensure_ascii=False).lower()
    + " user host home redacted server share " * 2
)
PLAIN += (
    " ".join(ORDINARY_WORDS) + "user@example.com 00000000-0000 $user ~ dlsetup.recording/1 captured stdout stderr exit"
)


def secret_words(secrets):
    """Return what may not be seen: the secrets, and the words of those that have several."""
    found = set()
    for name, secret in secrets.items():
        if name in KEPT:
            continue
        found.add(secret)
        if name in {"user", "other", "person"}:
            found.update(secret.split())
    return found


def fits(secrets):
    """Leave out what nobody can tell apart: secrets that are part of the templates, or no address of anybody."""
    address = ipaddress.ip_address(secrets["ip6"])
    assume(not (address.is_loopback or address.is_unspecified) and address.ipv4_mapped is None)
    # a number of noughts is what stands in the place of numbers
    numbers = (
        "serial",
        "udid",
        "hexadecimal",
        "machine_id",
        "container",
        "mac",
        "mac_dashed",
        "product",
        "token",
        "password",
    )
    assume(all(len(set(secrets[name]) - set("0:-")) > 3 for name in numbers))
    assume(not any(secret.endswith(".0.0.0") for secret in (secrets["ip4"], secrets["other_ip4"])))
    assume(not secrets["other"].startswith(secrets["user"].split()[0]))
    for secret in secret_words(secrets):
        assume(len(secret) >= 4 and secret.lower() not in PLAIN)


def seen(text, secrets):
    """Return the secrets that a text shows, in whatever spelling, each with what stands around it."""
    forms = [text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", _unescaped(text))]
    found = []
    for shown in (form.lower() for form in forms):
        places = [(secret, shown.find(secret.lower())) for secret in secret_words(secrets)]
        found += [(secret, shown[max(0, at - 60) : at + 60]) for secret, at in places if at >= 0]
    return found


def _unescaped(text):
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text)


def recorded(system):
    """Ask all that there is, and return what is written down."""
    recorder = RecordingSystem(system)
    for path in system.files:
        recorder.read(path)
    for command in system.commands:
        recorder.run(command.split(" "), timeout=1)
    for name in ("home", "node", "folder", "nvml"):
        recorder.value(name)
    recorder.link("/proc/self/cwd")
    recorder.listing("/scratch")
    return recorder.text()


FIRST = {
    "user": "jörg weiß",
    "other": "maría josé",
    "login": "quercus",
    "person": "jane doering",
    "host": "acer-1",
    "other_host": "fraxinus",
    "domain": "betula.example",
    "serial": "C02XYZ12",
    "uuid": "1a2b3c4d-1111-2222-3333-444455556666",
    "other_uuid": "2a2b3c4d-1111-2222-3333-444455556666",
    "udid": "00008103-001A2B3C4D5E6F70",
    "hexadecimal": "8c8f2d3e4f5a6b7c",
    "machine_id": "3f" * 16,
    "container": "4e" * 32,
    "mac": "52:54:00:ab:cd:ef",
    "mac_dashed": "48-B0-2D-12-34-56",
    "ip4": "10.3.5.147",
    "other_ip4": "192.168.17.23",
    "ip6": "2001:db8::7",
    "product": "00330-80000-00000-AA123",
    "token": "hf_abcdefghijklmnop",
    "password": "S3.cret~%41-x",
    "root": "/home/",
}


@settings(max_examples=80, deadline=None)
@given(SECRETS)
@example(FIRST)
@example({**FIRST, "root": "/Users/"})
@example({**FIRST, "root": "/data/people/"})
def test_no_secret_reaches_a_recording(secrets):
    fits(secrets)
    text = recorded(machine(secrets))
    assert seen(text, secrets) == []
    # what decides is still there, and the recording can be read
    for kept in ("580.95.05", "13.0", "00000000:01:00.0", "NVIDIA H100 80GB HBM3", "6.8.0-51-generic", "torch 2.9.0"):
        assert kept in text
    again = RecordedSystem(json.loads(text))
    assert again.run(["nvidia-smi", "-L"], timeout=1).ok
    assert again.variable("VIRTUAL_ENV").endswith("/.venv")
    assert (again.value("home") or "").startswith("/")


@settings(max_examples=80, deadline=None)
@given(SECRETS)
@example(FIRST)
def test_no_secret_reaches_a_report(secrets):
    from dlsetup.render.as_json import report_json
    from dlsetup.render.as_text import print_report
    from dlsetup.render.console import make_console

    fits(secrets)
    system = machine(secrets)
    texts = [system.read(path).text for path in system.files if path != "/proc/1/environ"]
    texts += [system.run(command.split(" "), timeout=1).stdout for command in system.commands]
    # of a property list that was torn between key and value nobody could tell what it held
    lines = tuple(line for text in texts for line in ([text] if "<key>" in text else text.splitlines()))
    home = system.value("home")
    report = Report(
        command="doctor",
        host=Host(
            drivers=(Driver(vendor="nvidia", state="error", detail=lines[3]),),
            gaps=(Gap(what="gpus", why=f"{home} is not readable on {secrets['host']}"),),
        ),
        environments=(
            Environment(path=f"{home}/.venv", kind="venv", interpreter=Interpreter(path=f"{home}/.venv/bin/python")),
        ),
        session=Session(variables=tuple(sorted(system.variables().items())), folder=home),
        findings=(
            Finding(
                check="env.vars",
                status=Status.FAIL,
                summary=f"PYTHONPATH names {home}",
                evidence=lines,
                remedy=Remedy(text=f"ask {secrets['user']}", commands=(f"ls /data/{secrets['user']}", f"ls '{home}'")),
            ),
        ),
        outcomes=(Outcome(title="x", exit_code=1, seconds=0.1, tail=lines),),
    )
    cleaned = report_redactor(system).value(report)
    assert seen(report_json(cleaned), secrets) == []
    console = make_console(False, False, variables={"COLUMNS": "4000"})
    with console.capture() as drawn:
        print_report(console, cleaned, verbose=True)
    assert seen(drawn.get(), secrets) == []
    assert seen(json.dumps(dataclasses.asdict(cleaned), default=str), {**secrets}) == []
