"""The default recipe as a script: nn.Sequential, torch.optim.Adam, validation every epoch.

mlp_loop.py SECONDS [THREADS] prints its epochs a second, as the last line.
"""

import sys
import time

import torch

T_U = torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])
T_C = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
VAL = [0, 3]
TRAIN = [row for row in range(11) if row not in VAL]


def standardised(values):
    return (values - values[TRAIN].mean()) / values[TRAIN].std(correction=0)


X, Y = standardised(T_U)[:, None], standardised(T_C)[:, None]
TRAIN_X, TRAIN_Y, VAL_X, VAL_Y = X[TRAIN], Y[TRAIN], X[VAL], Y[VAL]
mean_square = torch.nn.MSELoss()


def train(epochs, model, optimizer):
    for epoch in range(1, epochs + 1):
        loss = mean_square(model(TRAIN_X), TRAIN_Y)
        with torch.no_grad():
            val_loss = mean_square(model(VAL_X), VAL_Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 500 == 0:
            print(f"{epoch} {float(loss):f} {float(val_loss):f}")


def main():
    seconds, *threads = map(int, sys.argv[1:])
    if threads:
        torch.set_num_threads(threads[0])
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(1, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 1),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    train(500, model, optimizer)  # warms up
    began, epochs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        train(500, model, optimizer)
        epochs += 500
    print(epochs / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
