/* 125 registers by libmodbus, blocking, with its own time-out.
 *
 *     cc -O2 -o modbus_libmodbus modbus_libmodbus.c $(pkg-config --cflags --libs libmodbus)
 *     ./modbus_libmodbus PORT REQUESTS
 *
 * Prints the seconds of CPU that a request took.
 */

#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int count, char **words)
{
    uint16_t registers[125];
    if (count != 3)
        return 2;
    int requests = atoi(words[2]);
    modbus_t *line = modbus_new_tcp("127.0.0.1", atoi(words[1]));
    if (line == NULL || modbus_set_slave(line, 1) != 0 || modbus_connect(line) != 0)
        return 1;
    double began = 0;
    for (int number = -200; number < requests; number++) {
        if (number == 0)
            began = cpu_s();
        if (modbus_read_registers(line, 0, 125, registers) != 125)
            return 1;
    }
    printf("%.9f\n", (cpu_s() - began) / requests);
    modbus_close(line);
    modbus_free(line);
    return 0;
}
