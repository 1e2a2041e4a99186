/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/vsock.h"

#include <string.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "base/names.h"
#include "base/num.h"

static int parse_cid(const char *text, bool passive, unsigned *out, struct err *e)
{
    static const struct name names[] = {
        {"hypervisor", VMADDR_CID_HYPERVISOR}, {"local", 1}, {"host", VMADDR_CID_HOST}, {NULL, 0}};
    int64_t number = VMADDR_CID_ANY;
    int value;

    if (text == NULL && !passive)
        return err_set(e, STATUS_LOCAL, "vsock: a CID is missing");
    if (text != NULL && names_find(names, text, strlen(text), &value))
        number = value;
    else if (text != NULL && strcmp(text, "any") != 0 && num_parse(text, 0, UINT32_MAX, &number) < 0)
        return err_set(e, STATUS_LOCAL, "vsock: '%.64s' is no CID, which is a number, host, local or any",
                       text);
    if (number == VMADDR_CID_ANY && !passive)
        return err_set(e, STATUS_LOCAL, "vsock: any CID can be listened on, and not connected to");
    *out = (unsigned)number;
    return 0;
}

static int parse_port(const char *text, bool passive, unsigned *out, struct err *e)
{
    int64_t number = 0;

    if (text != NULL && num_parse(text, passive ? 0 : 1, UINT32_MAX - 1, &number) < 0)
        return err_set(e, STATUS_LOCAL, "vsock: '%.64s' is no port, which is a number from %d to %u", text,
                       passive ? 0 : 1, UINT32_MAX - 1);
    *out = number == 0 ? VMADDR_PORT_ANY : (unsigned)number;
    return 0;
}

int vsock_parse(const char *host, const char *port, bool passive, struct addr *out, struct err *e)
{
    struct sockaddr_vm vm = {.svm_family = AF_VSOCK};

    if (parse_cid(host, passive, &vm.svm_cid, e) < 0 || parse_port(port, passive, &vm.svm_port, e) < 0)
        return -1;
    addr_set(out, (const struct sockaddr *)&vm, sizeof vm);
    return 0;
}
