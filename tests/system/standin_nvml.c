/* A stand-in for NVIDIA's management library, so that nvidia-ml-py can be driven without a GPU.

   Signatures and codes as in nvml.h (https://docs.nvidia.com/deploy/nvml-api/, read 2026-11-24). What it answers stands in
   the environment:

   STANDIN_DRIVER  "580.95.05"
   STANDIN_CUDA    "13000"
   STANDIN_GPUS    one GPU a line: name|bytes|major.minor|device above vendor, hexadecimal|bus id|MIG|virtualization mode
   STANDIN_FAIL    "function=code" or "function:index=code", separated by commas: what answers with an error
   STANDIN_HANG    "function" or "function:index": what never answers
   STANDIN_CRASH   the same: what ends the process

   Older libraries lack functions: -DWITHOUT_MIG, -DWITHOUT_CUDA_V2, -DWITHOUT_CUDA, -DWITHOUT_INIT_FLAGS. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOT_SUPPORTED 3
#define INVALID_ARGUMENT 2

typedef struct {
    char busIdLegacy[16];
    unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} Pci;

typedef struct {
    unsigned long long total, free, used;
} Memory;

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* Find "function" or "function:index" among words that commas separate; returns what follows the word. */
static const char *listed(const char *name, const char *function, long index) {
    const char *word = variable(name);
    char exact[128];
    snprintf(exact, sizeof exact, "%s:%ld", function, index);
    while (*word) {
        size_t length = strcspn(word, ",="), whole = strcspn(word, ",");
        if ((length == strlen(function) && !strncmp(word, function, length)) ||
            (length == strlen(exact) && !strncmp(word, exact, length)))
            return word + length;
        word += whole + (word[whole] == ',');
    }
    return NULL;
}

static int trouble(const char *function, long index) {
    const char *code;
    if (listed("STANDIN_CRASH", function, index))
        abort();
    while (listed("STANDIN_HANG", function, index))
        sleep(1000);
    code = listed("STANDIN_FAIL", function, index);
    return code && *code == '=' ? atoi(code + 1) : 0;
}

/* Copy a field of a GPU's line; 0 where there is none. */
static int field(long index, int number, char *into, size_t room) {
    const char *line = variable("STANDIN_GPUS");
    size_t length;
    for (; index > 0 && *line; index--) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    for (; number > 0 && *line && *line != '\n'; number--) {
        line += strcspn(line, "|\n");
        line += *line == '|';
    }
    length = strcspn(line, "|\n");
    if (length >= room)
        length = room - 1;
    memcpy(into, line, length);
    into[length] = '\0';
    return length > 0;
}

static int copied(const char *text, char *into, unsigned room) {
    if (strlen(text) >= room)
        return 7;
    strcpy(into, text);
    return 0;
}

#define TROUBLE(index)                                                                                                 \
    do {                                                                                                               \
        int code = trouble(__func__, index);                                                                           \
        if (code)                                                                                                      \
            return code;                                                                                               \
    } while (0)

#ifndef WITHOUT_INIT_FLAGS
int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    TROUBLE(-1);
    return 0;
}
#endif

int nvmlInit_v2(void) {
    TROUBLE(-1);
    return 0;
}

int nvmlShutdown(void) { return 0; }

const char *nvmlErrorString(int code) {
    (void)code;
    return "a code of the stand-in";
}

int nvmlSystemGetDriverVersion(char *version, unsigned room) {
    TROUBLE(-1);
    return copied(variable("STANDIN_DRIVER"), version, room);
}

#ifndef WITHOUT_CUDA
int nvmlSystemGetCudaDriverVersion(int *version) {
    TROUBLE(-1);
    *version = atoi(variable("STANDIN_CUDA"));
    return 0;
}
#endif

#if !defined WITHOUT_CUDA && !defined WITHOUT_CUDA_V2
int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    TROUBLE(-1);
    *version = atoi(variable("STANDIN_CUDA"));
    return 0;
}
#endif

int nvmlDeviceGetCount_v2(unsigned *count) {
    char unused[8];
    TROUBLE(-1);
    for (*count = 0; field(*count, 0, unused, sizeof unused); ++*count)
        ;
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    TROUBLE(index);
    *device = (void *)(long)(index + 1);
    return 0;
}

#define INDEX ((long)device - 1)

int nvmlDeviceGetName(void *device, char *name, unsigned room) {
    char text[256];
    TROUBLE(INDEX);
    field(INDEX, 0, text, sizeof text);
    return copied(text, name, room);
}

int nvmlDeviceGetMemoryInfo(void *device, Memory *memory) {
    char text[32];
    TROUBLE(INDEX);
    if (!field(INDEX, 1, text, sizeof text))
        return NOT_SUPPORTED;
    memory->total = strtoull(text, NULL, 10);
    memory->free = memory->total;
    memory->used = 0;
    return 0;
}

int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
    char text[16];
    TROUBLE(INDEX);
    field(INDEX, 2, text, sizeof text);
    return sscanf(text, "%d.%d", major, minor) == 2 ? 0 : INVALID_ARGUMENT;
}

int nvmlDeviceGetPciInfo_v3(void *device, Pci *pci) {
    char text[32];
    TROUBLE(INDEX);
    memset(pci, 0, sizeof *pci);
    if (!field(INDEX, 3, text, sizeof text))
        return NOT_SUPPORTED;
    pci->pciDeviceId = (unsigned)strtoul(text, NULL, 16);
    field(INDEX, 4, pci->busId, sizeof pci->busId);
    return 0;
}

#ifndef WITHOUT_MIG
int nvmlDeviceGetMigMode(void *device, unsigned *current, unsigned *pending) {
    char text[8];
    TROUBLE(INDEX);
    if (!field(INDEX, 5, text, sizeof text))
        return NOT_SUPPORTED;
    *current = *pending = (unsigned)atoi(text);
    return 0;
}
#endif

int nvmlDeviceGetVirtualizationMode(void *device, unsigned long long *mode) {
    char text[8];
    TROUBLE(INDEX);
    if (!field(INDEX, 6, text, sizeof text))
        return NOT_SUPPORTED;
    *mode = strtoull(text, NULL, 10);
    return 0;
}
