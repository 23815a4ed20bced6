"""Networks, auxiliary classifiers and losses. With training, explain and export, the only home of torch.

The names of their options stand here, so that the command line can offer them without loading torch.
"""

from typing import Literal

AuxiliaryUse = Literal["drop", "average"]
Imbalance = Literal["none", "balanced-sampling", "weighted", "focal", "logit-adjusted"]
Scaling = Literal["auto", "imagenet", "tensorflow"]
