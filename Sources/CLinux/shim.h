#pragma once
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <linux/errqueue.h>

/* Swift sees neither variadic functions, nor the CMSG macros, nor what glibc declares under _GNU_SOURCE only. */

/* Accepts a connection whose descriptor is non-blocking and closed on exec. */
static inline int linux_accept(int listener, struct sockaddr *peer, socklen_t *length) {
    return (int)syscall(SYS_accept4, listener, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Makes a pipe whose ends are closed on exec. */
static inline int linux_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/* A descriptor that becomes readable when the process `pid` ends. */
static inline int linux_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/* Takes one ICMP error off the error queue of a datagram socket, ip(7) IP_RECVERR.
   Returns the error number, or 0 when the queue is empty; `destination` is where the lost datagram was going. */
static inline int linux_socket_error(int socket, struct sockaddr *destination, socklen_t *length) {
    char control[512];
    char payload[1];
    struct iovec vector = {payload, sizeof payload};
    struct msghdr message = {0};
    message.msg_name = destination;
    message.msg_namelen = *length;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        int isError = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR)
            || (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
        struct sock_extended_err error;
        if (!isError || part->cmsg_len < CMSG_LEN(sizeof error)) continue;
        memcpy(&error, CMSG_DATA(part), sizeof error);
        return (int)error.ee_errno;
    }
    return EIO;
}

/* Lets the system begin to write a part of a file to the disk. */
static inline void linux_begin_storing(int file, off_t start, off_t count) {
    const unsigned int write = 2; /* SYNC_FILE_RANGE_WRITE of fcntl.h */
    (void)syscall(SYS_sync_file_range, file, start, count, write);
}

/* Renames a file within `directory`, only if nothing has the new name: errno is EEXIST otherwise. File systems
   without RENAME_NOREPLACE get the name by a hard link, which is as exclusive. */
static inline int linux_rename_exclusively(int directory, const char *from, const char *to) {
    const unsigned int noReplace = 1; /* RENAME_NOREPLACE of linux/fs.h */
    if (syscall(SYS_renameat2, directory, from, directory, to, noReplace) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    if (linkat(directory, from, directory, to, 0) != 0) return -1;
    return unlinkat(directory, from, 0);
}
