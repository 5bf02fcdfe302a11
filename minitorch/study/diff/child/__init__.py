"""The process that runs a script on one engine for `minitorch diff`, and tells line by line what the engine did.

`python -m minitorch.study.diff.child ENGINE RECORD GO STEPS SCRIPT [ARGUMENT ...]` writes pickled records to the file
descriptor RECORD. The engines take turns: a process waits for a byte on GO, runs until its records are worth reading,
says "turn", and waits again. So nothing is kept on a disk, and two runs of a script do not write one file at a time.

The records: ("file", number, path), ("lines", uint32 each: the file's number << 20 | line, or 0 where a function
returned), ("op", number, name, place, inputs, outputs, unseeded), ("gradient", number of the operation, output, value),
("backward", place), ("leaves", place, [(name, value)]), ("step", place, [(name, value, number)]), ("failed", place,
error, operation), ("end", why), ("turn",). A place is (file, line, function). An input is (number, output) of the
operation that made it, (name, value, number) when it was seen for the first time and no operation had made it, or None.
"""
