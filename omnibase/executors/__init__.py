"""How a batch is made: as a process, in a worker, in this process, or not at all."""
