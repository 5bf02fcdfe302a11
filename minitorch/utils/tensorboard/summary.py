"""torch.utils.tensorboard.summary: values as TensorBoard's protocol buffers, for FileWriter.add_summary."""

from minitorch.utils.tensorboard._charts import compute_curve as compute_curve
from minitorch.utils.tensorboard._charts import custom_scalars as custom_scalars
from minitorch.utils.tensorboard._charts import mesh as mesh
from minitorch.utils.tensorboard._charts import pr_curve as pr_curve
from minitorch.utils.tensorboard._charts import pr_curve_raw as pr_curve_raw
from minitorch.utils.tensorboard._hparams import hparams as hparams
from minitorch.utils.tensorboard._pictures import draw_boxes as draw_boxes
from minitorch.utils.tensorboard._pictures import image as image
from minitorch.utils.tensorboard._pictures import image_boxes as image_boxes
from minitorch.utils.tensorboard._pictures import make_image as make_image
from minitorch.utils.tensorboard._pictures import make_video as make_video
from minitorch.utils.tensorboard._pictures import video as video
from minitorch.utils.tensorboard._values import audio as audio
from minitorch.utils.tensorboard._values import histogram as histogram
from minitorch.utils.tensorboard._values import histogram_raw as histogram_raw
from minitorch.utils.tensorboard._values import make_histogram as make_histogram
from minitorch.utils.tensorboard._values import scalar as scalar
from minitorch.utils.tensorboard._values import tensor_proto as tensor_proto
from minitorch.utils.tensorboard._values import text as text
