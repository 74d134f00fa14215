// A Modbus client on modbus-serial, to test louguan's simulators against code of another origin.
//
//     node modbus_peer.mjs tcp HOST:PORT | rtu TTY   UNIT  COMMAND ...
//
// Commands, with addresses as on the wire:
//     read holding|input|coil|discrete ADDRESS COUNT
//     write holding|coil ADDRESS VALUE                  one value: functions 6 and 5
//     write-many holding|coil ADDRESS VALUE...          functions 16 and 15
//
// Prints one JSON object, {"values": [...]} or {"written": N}, and exits 0; {"error": "..."} and 1 when the device does
// not answer or refuses; a usage line and 2 for wrong words.
import ModbusRTU from "modbus-serial";

const TIMEOUT_MS = 2000;

const READ = {
  holding: (client, address, count) => client.readHoldingRegisters(address, count),
  input: (client, address, count) => client.readInputRegisters(address, count),
  coil: (client, address, count) => client.readCoils(address, count),
  discrete: (client, address, count) => client.readDiscreteInputs(address, count),
};
const WRITE = {
  holding: (client, address, [value]) => client.writeRegister(address, value),
  coil: (client, address, [value]) => client.writeCoil(address, value !== 0),
};
const WRITE_MANY = {
  holding: (client, address, values) => client.writeRegisters(address, values),
  coil: (client, address, values) => client.writeCoils(address, values.map((value) => value !== 0)),
};

function wrongUse() {
  console.error("usage: modbus_peer.mjs tcp HOST:PORT|rtu TTY UNIT read|write|write-many TABLE ADDRESS COUNT|VALUE...");
  process.exit(2);
}

async function connect(client, transport, where) {
  if (transport === "rtu") {
    await client.connectRTUBuffered(where, { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 });
  } else {
    const [host, port] = where.split(":");
    await client.connectTCP(host, { port: Number(port) });
  }
}

async function carryOut(client, command, table, address, values) {
  if (command === "read") {
    const { data } = await READ[table](client, address, values[0]);
    // Bits come in whole bytes; what was not asked for is dropped.
    return { values: data.slice(0, values[0]) };
  }
  await (command === "write" ? WRITE : WRITE_MANY)[table](client, address, values);
  return { written: values.length };
}

const [transport, where, unit, command, table, ...numbers] = process.argv.slice(2);
const [address, ...values] = numbers.map(Number);
const tables = { read: READ, write: WRITE, "write-many": WRITE_MANY }[command];
if (!["tcp", "rtu"].includes(transport) || !tables?.[table] || !values.length || numbers.some(isNaN)) wrongUse();

const client = new ModbusRTU();
try {
  await connect(client, transport, where);
  client.setID(Number(unit));
  client.setTimeout(TIMEOUT_MS);
  console.log(JSON.stringify(await carryOut(client, command, table, address, values)));
} catch (error) {
  console.log(JSON.stringify({ error: error.message ?? String(error), code: error.modbusCode }));
  process.exitCode = 1;
} finally {
  if (client.isOpen) await new Promise((closed) => client.close(closed));
}
