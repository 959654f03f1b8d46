import { afterEach, expect, test, vi } from "vitest";
import { platform } from "../platform/current.ts";
import { canRunX64 } from "../testing/run-x64-kernels.ts";
import { ArgumentError } from "../util/errors.ts";
import type { Configuration, DeviceName } from "./configuration.ts";
import { configure, currentDevice, deviceInfo } from "./configure.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  configure({});
});

test("auto takes the compiled device with the threads asked for", async () => {
  configure({ device: "auto", threads: 3 });
  const device = await currentDevice();
  expect([device.name, device.threads]).toEqual([canRunX64("avx2") ? "x64" : "wasm", 3]);
  expect(await currentDevice()).toBe(device);
});

test("variables choose where the call leaves it open", async () => {
  vi.stubEnv("TILEWORK_DEVICE", "wasm");
  vi.stubEnv("TILEWORK_THREADS", "2");
  configure({});
  expect((await currentDevice()).threads).toBe(2);
  configure({ device: "reference" });
  expect((await currentDevice()).name).toBe("reference");
});

test("an unknown device is refused with the nearest name", () => {
  expect(() => configure({ device: "wsam" as DeviceName })).toThrow(
    'device: there is no device "wsam"; did you mean "wasm"?; devices are auto, x64, wasm, reference',
  );
});

test.each([
  [{ thread: 1 }, 'there is no setting "thread"; did you mean "threads"?'],
  [{ devise: "wasm" }, 'there is no setting "devise"; did you mean "device"?'],
  [
    { colour: 1 },
    'configure: there is no setting "colour"; settings are device, threads, memoryLimit, instructions, tuning',
  ],
  ["wasm", 'configure takes an object, such as configure({ device: "wasm" }); got "wasm"'],
  [null, "got null"],
  [["wasm"], "got an array"],
  [{ device: null }, "device: there is no device null; devices are auto, x64, wasm, reference"],
  [{ device: 3 }, "device: there is no device 3"],
  [{ instructions: null }, 'instructions must be "auto", "avx512", "avx2"; got null'],
  [{ instructions: 512 }, "got 512"],
  [{ memoryLimit: 1e15 }, "from 1048576 (1 MiB) to 4294967296 (4 GiB); got 1000000000000000"],
  [{ memoryLimit: 1000 }, "got 1000"],
  [{ threads: "2" }, 'threads must be an integer from 1 to 1024; got "2"'],
])("what is no configuration is refused and changes nothing: %j", async (configuration, message) => {
  configure({ device: "reference" });
  expect(() => configure(configuration as Configuration)).toThrow(message);
  expect((await currentDevice()).name).toBe("reference");
});

test.each([0, -1, 1.5, Number.NaN])("a number of threads that makes no sense is refused: %d", (threads) => {
  expect(() => configure({ threads })).toThrow(`threads must be an integer from 1 to 1024; got ${threads}`);
});

test("a time for tuning that makes no sense is refused", () => {
  expect(() => configure({ tuning: -5 })).toThrow(
    "tuning must be false or a number of milliseconds that is not negative; got -5",
  );
  for (const tuning of [false, 0, 250] as const) configure({ tuning });
});

test("a forced device that cannot run says why, and another choice works", async () => {
  const permission = vi.spyOn(platform, "foreignFunctionsRefusal").mockReturnValue("nobody may");
  configure({ device: "x64" });
  const refused = currentDevice();
  await expect(refused).rejects.toThrow(
    'the device "x64" cannot run here: nobody may; use "auto" for the fastest that can',
  );
  await expect(refused).rejects.toBeInstanceOf(ArgumentError);
  permission.mockRestore();
  configure({ device: "reference" });
  expect((await currentDevice()).name).toBe("reference");
});

test.each([
  ["TILEWORK_DEVICE", "gpu", 'TILEWORK_DEVICE: there is no device "gpu"'],
  ["TILEWORK_INSTRUCTIONS", "avx3", 'must be "auto", "avx512", "avx2"; got "avx3"; did you mean "avx2"?'],
  ["TILEWORK_TUNING", "often", "TILEWORK_TUNING must be false or a number of milliseconds"],
  ["TILEWORK_TUNING", " ", "TILEWORK_TUNING must be false or a number of milliseconds"],
  [
    "TILEWORK_TUNING",
    "-1",
    "TILEWORK_TUNING must be false or a number of milliseconds that is not negative; got -1",
  ],
  ["TILEWORK_THREADS", "many", 'TILEWORK_THREADS must be an integer from 1 to 1024; got "many"'],
])("a variable with a bad value is named: %s=%s", async (name, value, message) => {
  vi.stubEnv(name, value);
  configure({});
  await expect(currentDevice()).rejects.toThrow(message);
});

test("the device's description tells what auto took, and why it passed over others", async () => {
  configure({ threads: 2 });
  const info = await deviceInfo();
  const fastest = canRunX64("avx2") ? "x64" : "wasm";
  expect(info).toMatchObject({ device: fastest, threads: 2 });
  expect(Object.keys(info.passedOver)).toEqual(fastest === "x64" ? [] : ["x64"]);
  const permission = vi.spyOn(platform, "foreignFunctionsRefusal").mockReturnValue("nobody may");
  configure({});
  expect(await deviceInfo()).toMatchObject({
    device: "wasm",
    instructions: "relaxed-simd",
    passedOver: { x64: "nobody may" },
  });
  permission.mockRestore();
  configure({ device: "reference" });
  expect(await deviceInfo()).toEqual({
    device: "reference",
    threads: 1,
    instructions: undefined,
    passedOver: {},
  });
});

test("an engine without WebAssembly takes the reference device, and says why", async () => {
  const warning = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.stubGlobal("WebAssembly", undefined);
  configure({});
  const reason = "this engine runs without WebAssembly";
  expect(await deviceInfo()).toMatchObject({
    device: "reference",
    passedOver: { x64: reason, wasm: reason },
  });
  configure({ device: "wasm" });
  await expect(currentDevice()).rejects.toThrow(`the device "wasm" cannot run here: ${reason}`);
  vi.unstubAllGlobals();
  warning.mockRestore();
});

test("where workers may not start, every device that needs them says which permission is missing", async () => {
  const refusal = "workers cannot be started: --allow-worker grants them";
  const permission = vi.spyOn(platform, "workersRefusal").mockReturnValue(refusal);
  configure({});
  await expect(currentDevice()).rejects.toThrow(`no device can run here: ${refusal}`);
  configure({ device: "wasm" });
  await expect(currentDevice()).rejects.toThrow(refusal);
  permission.mockRestore();
});
