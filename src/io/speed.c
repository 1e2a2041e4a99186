/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/speed.h"

#include <errno.h>
#include <stddef.h>

#include <sys/ioctl.h>

#if defined __linux__ && !defined __powerpc__ && !defined __alpha__ && !defined __sparc__
/* The kernel's own, instead of <termios.h>: the two do not go together. */
#include <asm/termbits.h>

#ifndef TCGETS2 /* the C library may not tell */
#define TCGETS2 _IOR('T', 0x2A, struct termios2)
#define TCSETS2 _IOW('T', 0x2B, struct termios2)
#endif

unsigned speed_get(int fd)
{
    struct termios2 t;

    return ioctl(fd, TCGETS2, &t) == 0 ? t.c_ospeed : 0;
}

/* Those with a name: programs that know no others look for it. */
static tcflag_t name_of(unsigned speed)
{
    static const struct {
        unsigned speed;
        tcflag_t name;
    } rows[] = {
        {50, B50},           {75, B75},           {110, B110},         {134, B134},
        {150, B150},         {200, B200},         {300, B300},         {600, B600},
        {1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
        {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
        {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
        {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
        {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
        {3500000, B3500000}, {4000000, B4000000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].speed == speed)
            return rows[i].name;
    }
    return BOTHER;
}

static int ask_for(int fd, unsigned speed)
{
    struct termios2 t;

    if (ioctl(fd, TCGETS2, &t) < 0)
        return -1;
    t.c_cflag &= ~(tcflag_t)(CBAUD | (CBAUD << IBSHIFT)); /* what comes has the speed of what is sent */
    t.c_cflag |= name_of(speed);
    t.c_ispeed = t.c_ospeed = speed;
    return ioctl(fd, TCSETS2, &t);
}

#else
#include <termios.h>

/* Elsewhere the names are the numbers. */
unsigned speed_get(int fd)
{
    struct termios t;

    return tcgetattr(fd, &t) == 0 ? (unsigned)cfgetospeed(&t) : 0;
}

static int ask_for(int fd, unsigned speed)
{
    struct termios t;

    if (tcgetattr(fd, &t) < 0 || cfsetispeed(&t, speed) < 0 || cfsetospeed(&t, speed) < 0)
        return -1;
    return tcsetattr(fd, TCSANOW, &t);
}

#endif

/* A driver takes what is nearest to it, and tells that; receivers bear some 5 in 100. */
int speed_set(int fd, unsigned speed)
{
    unsigned got;

    if (ask_for(fd, speed) < 0)
        return -1;
    got = speed_get(fd);
    if (got <= speed + speed / 20 && got >= speed - speed / 20)
        return 0;
    errno = EINVAL;
    return -1;
}
