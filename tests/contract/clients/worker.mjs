// A worker as the client's own documentation writes one: it ends as the variable `act` says, or hangs, then stops.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [base, login, password, topic, most, lock, plain] = process.argv.slice(2);
const found = createRequire(process.cwd() + "/").resolve("camunda-external-task-client-js");
const { BasicAuthInterceptor, Client, Variables } = await import(pathToFileURL(found));

const client = new Client({
  baseUrl: base,
  workerId: "node",
  maxTasks: 1,
  asyncResponseTimeout: 1000,
  lockDuration: Number(lock ?? 60000),
  interval: 50,
  interceptors: new BasicAuthInterceptor({ username: login, password }),
});
let left = Number(most);

async function perform({ task, taskService }) {
  const act = task.variables.get("act");
  console.log(JSON.stringify({ act, business: task.businessKey, copies: task.variables.get("copies") }));
  if (act === "hang") return;
  if (act === "fail") {
    await taskService.handleFailure(task, {
      errorMessage: "Jam",
      errorDetails: "Tray 2",
      retries: 0,
      retryTimeout: 1000,
    });
  } else if (act === "refuse") {
    await taskService.handleBpmnError(task, "refused", "No paper", new Variables().set("tray", 2));
  } else {
    await taskService.extendLock(task, 120000);
    const given = new Variables().setAll({ paper: "A4", on: new Date(0) });
    if (!plain) given.set("sizes", [1, { wide: true }]);
    await taskService.complete(task, given, new Variables().set("pages", 3));
  }
  left -= 1;
  if (left === 0) client.stop();
}

client.subscribe(topic, perform);
for (const event of ["complete:error", "handleFailure:error", "handleBpmnError:error", "extendLock:error", "poll:error"]) {
  client.on(event, (...told) => {
    console.error(event, String(told.at(-1)));
    process.exit(1);
  });
}
