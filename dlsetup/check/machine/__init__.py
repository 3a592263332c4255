"""Checks of the machine: GPUs, drivers, containers, processor, memory and disks."""
