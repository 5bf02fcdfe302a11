"""torch.profiler: where the time of a script goes. The public list; no code."""

from minitorch.autograd.profiler import record_function as record_function
from minitorch.profiler._kinds import DeviceType as DeviceType
from minitorch.profiler._kinds import ProfilerActivity as ProfilerActivity
from minitorch.profiler._kinds import kineto_available as kineto_available
from minitorch.profiler._kinds import supported_activities as supported_activities
from minitorch.profiler.profiler import ProfilerAction as ProfilerAction
from minitorch.profiler.profiler import profile as profile
from minitorch.profiler.profiler import schedule as schedule
from minitorch.profiler.profiler import tensorboard_trace_handler as tensorboard_trace_handler
