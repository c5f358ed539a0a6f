/** The crash matrix of the daemon. A file of its own, so that both matrices run at the same time. */
import { crashMatrix } from "./crash-matrix.ts";

crashMatrix("daemon");
