"""Networks, auxiliary classifiers and losses. With training, explain and export, the only home of torch."""
