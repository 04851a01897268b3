"""The article's section 6 as a script: two parameters, autograd, SGD, validation every epoch.

article_loop.py SECONDS [THREADS] prints its epochs a second, as the last line.
"""

import sys
import time

import torch

TRAIN_X = 0.1 * torch.tensor([60.4, 58.2, 68.4, 48.4, 48.9, 55.9, 33.9, 56.3, 21.8])
TRAIN_Y = torch.tensor([13.0, 15.0, 21.0, 6.0, 8.0, 14.0, 3.0, 11.0, -4.0])
VAL_X = 0.1 * torch.tensor([35.7, 81.9])
VAL_Y = torch.tensor([0.5, 28.0])


def predict(x, weight, bias):
    return weight * x + bias


def mean_square(predicted, wanted):
    squares = (predicted - wanted) ** 2
    return squares.mean()


def train(epochs, optimizer, parameters):
    for epoch in range(1, epochs + 1):
        loss = mean_square(predict(TRAIN_X, *parameters), TRAIN_Y)
        with torch.no_grad():
            val_loss = mean_square(predict(VAL_X, *parameters), VAL_Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch <= 3 or epoch % 500 == 0:
            print(f"{epoch} {float(loss):f} {float(val_loss):f}")


def main():
    seconds, *threads = map(int, sys.argv[1:])
    if threads:
        torch.set_num_threads(threads[0])
    parameters = torch.tensor([1.0, 0.0], requires_grad=True)
    optimizer = torch.optim.SGD([parameters], lr=1e-2)
    train(1000, optimizer, parameters)  # warms up
    began, epochs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        train(1000, optimizer, parameters)
        epochs += 1000
    print(epochs / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
