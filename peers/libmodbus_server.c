/*
 * A Modbus server on libmodbus, to test louguan's drivers against code of another origin.
 *
 *     libmodbus_server tcp PORT          PORT 0 takes a free one; loopback only
 *     libmodbus_server rtu TTY [UNIT]    9600 8N1, unit 1 unless said
 *
 * Prints one line of JSON when it is ready, {"port": 40123} or {"path": "/dev/pts/3"}, and ends when its standard
 * input closes. All four tables have 200 entries from address 0 on and start as:
 *
 *     holding register i   1000 + i, but 100..101 hold the float 123.5 as ABCD, 102..103 the float -7.25 as CDAB,
 *                          104..105 the unsigned 4000000000 high word first, 106 the integer -40
 *     input register i     2000 + i
 *     coil i               on where i is a multiple of 3
 *     discrete input i     on where i is odd
 *
 * On a serial line libmodbus, having heard a request for another unit, takes the next frame for that unit's answer and
 * ignores it, whoever it is for.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENTRIES = 200 };

static void fail(const char *what)
{
    fprintf(stderr, "libmodbus_server: %s: %s\n", what, modbus_strerror(errno));
    exit(EXIT_FAILURE);
}

static modbus_mapping_t *tables(void)
{
    static const uint16_t special[] = {0x42F7, 0x0000, 0x0000, 0xC0E8, 0xEE6B, 0x2800, (uint16_t)-40};
    modbus_mapping_t *map = modbus_mapping_new(ENTRIES, ENTRIES, ENTRIES, ENTRIES);

    if (map == NULL)
        fail("tables");
    for (int i = 0; i < ENTRIES; i++) {
        map->tab_registers[i] = (uint16_t)(1000 + i);
        map->tab_input_registers[i] = (uint16_t)(2000 + i);
        map->tab_bits[i] = i % 3 == 0;
        map->tab_input_bits[i] = i % 2 == 1;
    }
    /* Written out, since libmodbus 3.1.6 sets floats with the bytes of each register swapped. */
    memcpy(&map->tab_registers[100], special, sizeof special);
    return map;
}

/* Whether standard input has closed; what is written to it is read and dropped. */
static int parent_is_gone(void)
{
    char dropped[256];

    return read(STDIN_FILENO, dropped, sizeof dropped) <= 0;
}

/* Answer one request; false when the peer is gone. A damaged frame is no reason to go. */
static int answer(modbus_t *context, modbus_mapping_t *map)
{
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(context, request);

    if (length > 0)
        return modbus_reply(context, request, length, map) != -1 || errno < MODBUS_ENOBASE;
    return length == 0 || errno == EMBBADCRC || errno == EMBBADDATA || errno == ETIMEDOUT;
}

static void serve_tcp(int port, modbus_mapping_t *map)
{
    modbus_t *context = modbus_new_tcp("127.0.0.1", port);
    int listening = context == NULL ? -1 : modbus_tcp_listen(context, 8);
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    fd_set open_ends;
    int highest = listening;

    if (listening == -1)
        fail("listen");
    if (getsockname(listening, (struct sockaddr *)&bound, &size) == -1)
        fail("getsockname");
    printf("{\"port\": %d}\n", ntohs(bound.sin_port));
    fflush(stdout);

    FD_ZERO(&open_ends);
    FD_SET(STDIN_FILENO, &open_ends);
    FD_SET(listening, &open_ends);
    for (;;) {
        fd_set ready = open_ends;

        if (select(highest + 1, &ready, NULL, NULL, NULL) == -1)
            fail("select");
        if (FD_ISSET(STDIN_FILENO, &ready) && parent_is_gone())
            break;
        for (int end = STDERR_FILENO + 1; end <= highest; end++) {
            if (!FD_ISSET(end, &ready))
                continue;
            if (end == listening) {
                int accepted = accept(listening, NULL, NULL);

                if (accepted >= FD_SETSIZE)
                    close(accepted);
                else if (accepted != -1) {
                    FD_SET(accepted, &open_ends);
                    highest = accepted > highest ? accepted : highest;
                }
                continue;
            }
            modbus_set_socket(context, end);
            if (!answer(context, map)) {
                close(end);
                FD_CLR(end, &open_ends);
            }
        }
    }
    close(listening);
    modbus_set_socket(context, -1);
    modbus_free(context);
}

static void serve_rtu(const char *path, int unit, modbus_mapping_t *map)
{
    modbus_t *context = modbus_new_rtu(path, 9600, 'N', 8, 1);

    if (context == NULL || modbus_set_slave(context, unit) == -1 || modbus_connect(context) == -1)
        fail(path);
    printf("{\"path\": \"%s\"}\n", path);
    fflush(stdout);
    for (;;) {
        int line = modbus_get_socket(context);
        fd_set ready;

        FD_ZERO(&ready);
        FD_SET(STDIN_FILENO, &ready);
        FD_SET(line, &ready);
        if (select(line + 1, &ready, NULL, NULL, NULL) == -1)
            fail("select");
        if (FD_ISSET(STDIN_FILENO, &ready) && parent_is_gone())
            break;
        if (FD_ISSET(line, &ready) && !answer(context, map))
            break;
    }
    modbus_close(context);
    modbus_free(context);
}

int main(int count, char **words)
{
    modbus_mapping_t *map = tables();

    if (count == 3 && strcmp(words[1], "tcp") == 0)
        serve_tcp(atoi(words[2]), map);
    else if ((count == 3 || count == 4) && strcmp(words[1], "rtu") == 0)
        serve_rtu(words[2], count == 4 ? atoi(words[3]) : 1, map);
    else {
        fprintf(stderr, "usage: libmodbus_server tcp PORT | rtu TTY [UNIT]\n");
        return 2;
    }
    modbus_mapping_free(map);
    return EXIT_SUCCESS;
}
