export { gitEvents, type GitCommit, type GitEvent, type GitFileChanged, type GitOptions } from "./git-events.ts";
