// The frameworks that the tests take through the same tasks.
import * as aiSDK from "./ai-sdk.js";
import * as anthropic from "./anthropic.js";
import * as langchain from "./langchain.js";

export const frameworks = [aiSDK, langchain, anthropic];

// inEveryWay gives a framework's functions for a task: plain, and another way where
// it has one.
export function inEveryWay(framework, ...tasks) {
  return tasks.filter((task) => framework[task]).map((task) => [task, framework[task]]);
}
