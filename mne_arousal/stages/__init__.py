"""Sleep stages: epochs, sleep period, states and the model of stages."""
