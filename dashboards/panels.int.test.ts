import { checkPanels } from "./panels.test-support.ts";

checkPanels(["days in Berlin"]);
