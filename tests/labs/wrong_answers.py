"""Plausible wrong answers to the tasks of the labs, and words of the sentence that must help.

`WRONG[lab][task]` is a list of pairs: lines that stand in place of the solution, and the words.
"""

DESCEND = """path = [w]
for _ in range(steps):
    w = {}
    path.append(w)
return np.array(path)"""
HEAVY = """path, v = [w], np.zeros_like(w)
for _ in range(steps):
    v = {}
    w = {}
    path.append(w)
return np.array(path)"""
ADAM = """path, m, s = [w], np.zeros_like(w), np.zeros_like(w)
for k in range(1, steps + 1):
    g = slope(w)
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    w = w - rate * {}
    path.append(w)
return np.array(path)"""

WRONG = {
    "the-slope-of-your-marks": {
        1: [
            ("return f(x + h) - f(x)", "Divide it by the run"),
            ("return (f(x) - f(x + h)) / h", "the sign is wrong"),
            ("return (f(x + h) - f(x)) / x", "divide by the run, which is h"),
            ("(f(x + h) - f(x)) / h", "is there a `return`?"),
            ("return f(x + h) - f(x) / h", "brackets around the rise"),
        ],
        2: [
            ("return (best - start) * np.exp(-hours / pace)", "the inner derivative is missing"),
            ("return -(best - start) / pace * np.exp(-hours / pace)", "two minus signs make a plus"),
            ("return (best - start) * pace * np.exp(-hours / pace)", "not -pace"),
            ("return best - (best - start) / pace * np.exp(-hours / pace)", "best is a constant"),
            ("return secant_slope(marks, hours, 1e-6)", "is right"),
        ],
        3: [
            ("return (f(x + h) - f(x - h)) / h", "the run is 2 h"),
            ("return (f(x + h) - f(x)) / h", "that looks ahead only"),
            ("return (f(x) - f(x - h)) / h", "that looks back only"),
            ("return f(x + h) - f(x - h)", "that is the rise"),
            ("return (f(x + h) - f(x - h)) / 2 * h", "brackets around the run"),
        ],
        4: [
            ("return (f(x + h) - 2 * f(x) + f(x - h)) / h", "Divide by h once more"),
            ("return f(x + h) - 2 * f(x) + f(x - h)", "Divide it by h²"),
            ("return (2 * f(x) - f(x + h) - f(x - h)) / h**2", "the sign is wrong"),
            ("return (f(x + h) - 2 * f(x) + f(x - h)) / (2 * h) ** 2", "not 2 h"),
        ],
        5: [
            (
                "return f(a) + central_difference(f, a, h) * (x - a) + second_difference(f, a, h) * (x - a) ** 2",
                "the half before",
            ),
            ("return f(a) + central_difference(f, a, h) * (x - a)", "that is the tangent"),
            ("return f(a) + second_difference(f, a, h) / 2 * (x - a) ** 2", "the term with the slope is missing"),
            (
                "return f(a) + central_difference(f, a, h) * x + second_difference(f, a, h) / 2 * x**2",
                "write x - a, and not x, in both terms",
            ),
            (
                "return f(a) + central_difference(f, a, h) * (x - a) + second_difference(f, a, h) / 2 * x**2",
                "in the last term",
            ),
            ("return f(a) + central_difference(f, a, h) * x + second_difference(f, a, h) / 2 * (x - a) ** 2", "in the term with the slope"),
            ("return f(a) + central_difference(f, a, h) * (x - a) + second_difference(f, a, h) / 2 * (x - a)", "wants the square"),
        ],
        6: [
            ("return -pace * np.log((best - start) / (pace * slope))", "the sign is wrong"),
            ("return np.log((best - start) / (pace * slope))", "Multiply by the pace"),
            ("return pace * np.log((best - start) / slope)", "one factor `pace` is missing"),
        ],
    },
    "walk-downhill": {
        1: [
            ("step = h * (np.arange(len(w)) == k)\nreturn (f(w + step) - f(w - step)) / h", "the run is 2 h"),
            ("return (f(w + h) - f(w - h)) / (2 * h)", "both inputs moved"),
            ("step = h * (np.arange(len(w)) != k)\nreturn (f(w + step) - f(w - step)) / (2 * h)", "the wrong input moved"),
            ("w[k] += h\nup = f(w)\nw[k] -= 2 * h\nreturn (up - f(w)) / (2 * h)", "must stay as it is"),
            ("a, b = w, w\na[k] += h\nb[k] -= h\nreturn (f(a) - f(b)) / (2 * h)", "w.copy()"),
            ("step = h * (np.arange(len(w)) == k)\nreturn (f(w + step) - f(w)) / h", "Step back too"),
        ],
        2: [
            ("return np.array([2 * bowl * north + twist * east, 4 * deep * east * (east**2 - 1) + twist * north + tilt])", "east first"),
            ("return np.array([2 * deep * (east**2 - 1) + twist * north + tilt, 2 * bowl * north + twist * east])", "is right"),
            ("return np.array([2 * deep * east * (east**2 - 1) + twist * north + tilt, 2 * bowl * north + twist * east])", "the chain rule"),
            ("return np.array([4 * deep * east * (east**2 - 1) + twist * north, 2 * bowl * north + twist * east])", "the tilt is missing"),
            ("return np.array([4 * deep * east * (east**2 - 1) + tilt, 2 * bowl * north])", "the twist is missing"),
            ("return [4 * deep * east * (east**2 - 1) + twist * north + tilt, 2 * bowl * north + twist * east]", "is no array"),
        ],
        3: [
            ("return gradient(w) / np.linalg.norm(gradient(w))", "that is uphill."),
            ("return -gradient(w)", "the length is not 1. Divide"),
            ("return gradient(w)", "and the length is not 1"),
        ],
        4: [
            ("return np.array([(F(w + s) - F(w - s)) / (2 * h) for s in h * np.eye(len(w))])", "is turned"),
            ("return np.column_stack([(F(w + s) - F(w - s)) / h for s in h * np.eye(len(w))])", "the run is 2 h"),
            ("return np.column_stack([(F(w + s) - F(w - s)) / (2 * h) for s in h * np.eye(len(w))[::-1]])", "the wrong order"),
        ],
        5: [
            ("return jacobian(place_at, polar) @ gradient(place_at(polar))", "must be transposed"),
            ("return jacobian(place_at, polar).T @ gradient(polar)", "at the place"),
            ("return gradient(place_at(polar))", "that is the gradient for east and north"),
        ],
        6: [
            ('return "minimum" if np.linalg.det(matrix) > 0 else "saddle"', 'the answer is "maximum"'),
            ('return "minimum" if np.trace(matrix) > 0 else "maximum"', 'the answer is "saddle"'),
            ('return "saddle" if np.linalg.eigvalsh(matrix).min() <= 0 else "minimum"', 'the answer is "maximum"'),
            ("c = np.linalg.eigvalsh(matrix)\nreturn 'undecided' if (c == 0).any() else 'minimum' if (c > 0).all() else 'maximum' if (c < 0).all() else 'saddle'", "the answer is"),
        ],
        7: [
            ("path = [start]\nfor _ in range(steps):\n    path.append(path[-1] + rate * gradient(path[-1]))\nreturn np.array(path)", "uphill: subtract"),
            ("return np.array([start - k * rate * gradient(start) for k in range(steps + 1)])", "at the place where it begins"),
            ("path = [start]\nfor _ in range(steps):\n    path.append(path[-1] + rate * downhill(path[-1]))\nreturn np.array(path)", "do not divide by the length"),
            ("path = []\nw = start\nfor _ in range(steps):\n    w = w - rate * gradient(w)\n    path.append(w)\nreturn np.array(path)", "the start is one of them"),
            ("w = start\npath = [w]\nfor _ in range(steps):\n    w -= rate * gradient(w)\n    path.append(w)\nreturn np.array(path)", "all rows are the same array"),
        ],
    },
    "race-the-optimisers": {
        1: [
            ("return np.sum((X @ w - y) ** 2)", "Take their mean"),
            ("return np.mean((X @ w - y) ** 2) / 2", "a half too much"),
            ("return np.mean(X @ w - y)", "Square them first"),
            ("return np.sum((X @ w - y) ** 2) / len(w)", "not of weights"),
            ("return np.mean(np.abs(X @ w - y))", "the mean of the distances"),
            ("return np.sqrt(np.mean((X @ w - y) ** 2))", "Leave the root out"),
            ("return np.var(X @ w - y)", "the variance of the errors"),
        ],
        2: [
            ("return X.T @ (X @ w - y) / len(y)", "the factor 2"),
            ("return 2 / len(y) * X.T @ (y - X @ w)", "the sign is wrong"),
            ("return 2 * X.T @ (X @ w - y)", "Divide by the number of students"),
            ("return X.T @ (X @ w - y)", "do not forget the 2"),
        ],
        3: [
            ("return 2 / np.linalg.eigvalsh(2 / len(X) * X.T @ X).min()", "the smallest eigenvalue"),
            ("return 2 / np.linalg.eigvalsh(X.T @ X / len(X)).max()", "the factor 2 of the Hessian"),
            ("return 1 / np.linalg.eigvalsh(2 / len(X) * X.T @ X).max()", "The edge is at 2"),
            ("return 2 / np.linalg.eigvalsh(2 * X.T @ X).max()", "divide the Hessian"),
            ("return 2 / np.linalg.eigvalsh(X.T @ X).max()", "the factor 2 / n is missing"),
            ("return 2 / np.linalg.eigvalsh(2 / 40 * X.T @ X).max()", "n is not always 40"),
            ("return np.linalg.eigvalsh(2 / len(X) * X.T @ X).max() / 2", "upside down"),
            ("return 2 / (2 / len(X) * X.T @ X).max()", "the largest entry"),
        ],
        4: [
            ("return column - column.mean()", "the standard deviation is not 1"),
            ("return column / column.std()", "the mean is not 0"),
            ("return (column - column.mean()) / column.var()", "the variance"),
            ("return (column - column.mean()) / column.std(ddof=1)", "divides by n - 1"),
            ("return column - column.mean() / column.std()", "brackets around column"),
        ],
        5: [
            (DESCEND.format("w + rate * slope(w)"), "uphill: subtract"),
            (DESCEND.format("w - slope(w)"), "the rate is missing"),
            (DESCEND.format("-rate * slope(w)"), "the step alone"),
            ("w -= rate * slope(w)\nreturn w", "has the shape"),
            ("path = [w]\nfor _ in range(steps):\n    w -= rate * slope(w)\n    path.append(w)\nreturn np.array(path)", "changes the rows that are already"),
            ("return np.array([w] + [w - rate * slope(w) for _ in range(steps)])", "w itself must move"),
        ],
        6: [
            (HEAVY.format("slope(w)", "w - rate * v"), "the velocity must be kept"),
            (HEAVY.format("beta * v + (1 - beta) * slope(w)", "w - rate * v"), "the gradient counts in full"),
            (HEAVY.format("beta * v + slope(w)", "w + rate * v"), "uphill: subtract"),
            (HEAVY.format("0.9 * v + slope(w)", "w - rate * v"), "the beta that is given"),
        ],
        7: [
            (ADAM.format("m / (np.sqrt(s) + epsilon)"), "both corrections are missing"),
            (ADAM.format("m / (np.sqrt(s / (1 - beta2**k)) + epsilon)"), "the correction of m"),
            (ADAM.format("m / (1 - beta1**k) / (np.sqrt(s) + epsilon)"), "the correction of s"),
            (ADAM.format("m / (1 - beta1**k) / (s / (1 - beta2**k) + epsilon)"), "take the root"),
            (ADAM.format("m / (1 - beta1) / (np.sqrt(s / (1 - beta2)) + epsilon)"), "has a power"),
            (ADAM.replace("range(1, steps + 1)", "range(steps)").format("m / (1 - beta1**k) / (np.sqrt(s / (1 - beta2**k)) + epsilon)"), "k counts from 1"),
            (ADAM.format("m / (1 - beta1**k) / (np.sqrt(s / (1 - beta2)) + epsilon)"), "has a power"),
            (ADAM.format("{}").replace("w = w - rate * {}", "m, s = m / (1 - beta1**k), s / (1 - beta2**k)\n    w = w - rate * m / (np.sqrt(s) + epsilon)"), "names of their own"),
            (ADAM.format("m / (1 - beta1**k) / np.sqrt(s / (1 - beta2**k))"), "epsilon is not used"),
            (ADAM.format("m / (1 - beta1**k) / np.sqrt(s / (1 - beta2**k) + epsilon)"), "beside the root"),
            (ADAM.format("m / (1 - beta1**k) / (np.sqrt(s / (1 - beta2**k)) + epsilon)").replace("for k in", "beta1, beta2 = 0.9, 0.999\nfor k in"), "that are given"),
        ],
        8: [
            ("return w + np.linalg.solve(2 / len(y) * X.T @ X, gradient(w, X, y))", "the wrong way"),
            ("return w - np.linalg.solve(X.T @ X / len(y), gradient(w, X, y))", "twice as long"),
            ("return -np.linalg.solve(2 / len(y) * X.T @ X, gradient(w, X, y))", "the step alone"),
            ("return w - np.linalg.solve(2 * X.T @ X, gradient(w, X, y))", "divide the Hessian"),
            ("return w - np.linalg.solve(X.T @ X, gradient(w, X, y))", "the factor 2 / n"),
        ],
        9: [
            ("return descend(slope, w, rate, steps)", "Keep some velocity"),
            ("return descend(slope, w, rate, steps)[1:]", "The shape of your path"),
            ("return descend(slope, w, -rate, steps)", "the bottom of the bowl"),
            ("return descend(slope, w, rate, 2 * steps)[::2]", "ask once a step"),
        ],
    },
    "a-network-from-nothing": {
        1: [
            ("return A.T @ G, G @ B.T", "has the shape"),
            ("return B @ G.T, G.T @ A", "has the shape"),
            ("return G @ B.T, G.T @ A", "has the shape"),
            ("return G @ B.T, A.T @ G / len(A)", "a mean over the rows"),
            ("return G @ B.T, np.outer(A, G)", "has the shape"),
        ],
        2: [
            ("return G.mean(axis=tuple(range(G.ndim - len(shape))))", "that is the mean"),
            ("return G[0] if G.shape != shape else G", "that is the first row"),
            ("return G", "has the shape"),
        ],
        3: [
            ("return G * (G > 0)", "the sign of the input Z"),
            ("return G * np.maximum(Z, 0)", "1 or 0"),
            ("return 1.0 * (Z > 0)", "Multiply it by G"),
            ("return G * (Z >= 0)", "at 0 nothing is handed on"),
        ],
        4: [
            ("parent.slope = share(node.slope)", "do not replace it"),
            ("parent.slope = parent.slope + node.slope", "The slope in"),
            ("parent.slope = parent.slope + share(G)", "hand on the slope of the node"),
        ],
        5: [
            ("return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)", "overflows"),
            ("return np.exp(scores) / np.exp(scores).sum()", "along axis 1"),
            ("e = np.exp(np.clip(scores, -700, 700))\nreturn e / e.sum(axis=1, keepdims=True)", "Shift the whole row"),
            ("e = np.exp(scores - scores.mean(axis=1, keepdims=True))\nreturn e / e.sum(axis=1, keepdims=True)", "and not their mean"),
            ("return np.exp(scores)", "Divide them by their sum"),
            ("e = np.exp(scores - scores.max())\nreturn e / e.sum(axis=1, keepdims=True)", "each row needs its own"),
            ("e = np.exp(scores)\nreturn e / e.sum(axis=1)", "keepdims"),
        ],
        6: [
            ("return (np.eye(scores.shape[1])[labels] - probabilities(scores)) / len(labels)", "it is P - Y"),
            ("return probabilities(scores) - np.eye(scores.shape[1])[labels]", "the loss is a mean"),
            ("return probabilities(scores) / len(labels)", "Y is missing"),
            ("return (probabilities(scores) - np.eye(scores.shape[1])[labels]) / scores.shape[1]", "not by the number of labels"),
        ],
        7: [
            ("into_bend = G @ W2.T\nreturn X.T @ into_bend, into_bend.sum(axis=0), A.T @ G, G.sum(axis=0)", "the bend is missing"),
            ("into_bend = relu_share(G @ W2.T, Z)\nreturn X.T @ into_bend, into_bend[0], A.T @ G, G.sum(axis=0)", "wrong by up to"),
            ("into_bend = relu_share(G @ W2.T, Z)\nreturn X.T @ into_bend, into_bend.mean(axis=0), A.T @ G, G.mean(axis=0)", "gets the sum of their slopes"),
            ("into_bend = relu_share(G @ W2.T, Z)\nreturn X.T @ into_bend, into_bend.sum(axis=0), Z.T @ G, G.sum(axis=0)", "A, not Z"),
        ],
        8: [
            ("return [w + rate * g for w, g in zip(weights, gradients(weights, X, labels))]", "uphill: subtract"),
            ("return [w - g for w, g in zip(weights, gradients(weights, X, labels))]", "the rate is missing"),
            ("for w, g in zip(weights, gradients(weights, X, labels)):\n    w -= rate * g\nreturn weights", "must stay as it is"),
        ],
        9: [
            ("return np.sum(scores.argmax(axis=1) == labels)", "Divide by all"),
            ("return np.mean(scores.argmax(axis=1) != labels)", "the share of wrong answers"),
        ],
    },
    "a-very-small-transformer": {
        1: [
            ("return np.log(10 * 5 * 10 * 4 * 10 * 3 * 2)", "that is the sum"),
            ("return np.log([10, 5, 10, 4, 10, 1, 1, 1, 1, 1, 1, 1]).mean()", "the order of the second half is chance too"),
            ("return np.log([6, 10, 5, 10, 4, 10, 3, 1, 2, 1, 1, 1, 1]).mean()", "it is not guessed"),
            ("return np.log([10, 5, 10, 4, 10, 3, 10, 2, 10, 1, 10, 1]).mean()", "can be known: one choice each"),
            ("return np.log([10, 5, 10, 4, 10, 3, 3, 2, 3, 1, 3, 1]).mean()", "whose mark it is"),
            ("return np.log2([10, 5, 10, 4, 10, 3, 1, 2, 1, 1, 1, 1]).mean()", "in bits"),
            ("return np.log(10 * 5 * 10 * 4 * 10 * 3 * 2) / 13", "12 characters to guess"),
            ("return np.log([10, 6, 10, 6, 10, 3, 1, 2, 1, 1, 1, 1]).mean()", "is right"),
            ("return np.log([10, 5, 10, 5, 10, 3, 1, 2, 1, 1, 1, 1]).mean()", "no student comes twice"),
            ("return np.log([10, 5, 9, 4, 8, 3, 1, 2, 1, 1, 1, 1]).mean()", "marks may repeat"),
            ("return np.log([10, 5, 10, 4, 10, 3, 1, 2, 1, 1, 1]).mean()", "the full stop is guessed too"),
            ("return np.log([1 / 10, 1 / 5, 1 / 10, 1 / 4, 1 / 10, 1 / 3, 1, 1 / 2, 1, 1, 1, 1]).mean()", "never negative"),
        ],
        2: [
            ("slopes = np.zeros((rows, G.shape[2]))\nslopes[x] += G\nreturn slopes", "only the last"),
            ("slopes = np.zeros((rows, G.shape[2]))\nnp.add.at(slopes, x, G)\ncount = np.bincount(x.ravel(), minlength=rows)\nreturn slopes / np.maximum(count, 1)[:, np.newaxis]", "those are means"),
            ("slopes = np.zeros((rows, G.shape[2]))\nnp.add.at(slopes, x[0], G[0])\nreturn slopes", "is right"),
            ("return G.sum(axis=(0, 1))", "the shape"),
        ],
        3: [
            ("e = np.exp(scores - scores.max(axis=2, keepdims=True))\nreturn e / e.sum(axis=2, keepdims=True)", "looks ahead"),
            ("e = np.exp(scores - scores.max(axis=2, keepdims=True))\nreturn np.tril(e / e.sum(axis=2, keepdims=True))", "do not sum to 1"),
            ("e = np.exp(np.where(np.tri(scores.shape[2], dtype=bool), scores, -np.inf))\nreturn e / e.sum(axis=1, keepdims=True)", "along axis 2"),
            ("e = np.exp(np.where(np.tri(scores.shape[2], dtype=bool), scores, -np.inf))\nreturn e / e.sum(axis=2, keepdims=True)", "overflows"),
            ("e = np.tril(np.exp(scores))\nreturn e / e.sum(axis=2, keepdims=True)", "overflows"),
            ("return np.exp(np.where(np.tri(scores.shape[2], dtype=bool), scores, -np.inf))", "Divide them by their sum"),
            ("s = np.where(np.tri(scores.shape[2], k=-1, dtype=bool), scores, -np.inf)\ne = np.exp(s - s.max(axis=2, keepdims=True))\nreturn e / e.sum(axis=2, keepdims=True)", "look at itself too"),
            ("e = np.exp(scores - scores.max(axis=2, keepdims=True))\nreturn (e / e.sum(axis=2, keepdims=True)).swapaxes(1, 2)", "no transpose here"),
            ("s = np.where(np.tri(scores.shape[2], dtype=bool), -np.inf, scores)\ne = np.exp(s - s.max(axis=2, keepdims=True))\nreturn e / e.sum(axis=2, keepdims=True)", "upside down"),
            ("e = np.exp(np.tril(scores))\nreturn e / e.sum(axis=2, keepdims=True)", "a score like any other"),
            ("s = np.where(np.tri(scores.shape[2], dtype=bool), scores, -np.inf)\nreturn np.exp(s - s.max(axis=2, keepdims=True))", "Divide them by their sum"),
            ("e = np.tril(np.exp(scores - scores.max(axis=2, keepdims=True)))\nreturn e / e.sum(axis=2, keepdims=True)", "Mask first"),
            ("s = np.where(np.tri(scores.shape[2], dtype=bool), scores, -np.inf)\ne = np.exp(s - s.max())\nreturn e / e.sum(axis=2, keepdims=True)", "each row's largest"),
        ],
        4: [
            ("return A * (1 - A) * G", "not on its own alone"),
            ("return G - (A * G).sum(axis=2, keepdims=True)", "the weight in front"),
            ("return A * ((A * G).sum(axis=2, keepdims=True) - G)", "the sign is wrong"),
            ("return A * G", "the mean slope of the row is missing"),
            ("return A * (G - (A * G).sum(axis=1, keepdims=True))", "sum along axis 2"),
            ("return A * (G - G.mean(axis=2, keepdims=True))", "sum A * G"),
        ],
        5: [
            ("S = score_slopes(G @ V.swapaxes(1, 2), A)\nreturn S @ K, S.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G", "the root of d is missing"),
            ("S = score_slopes(G @ V.swapaxes(1, 2), A) / Q.shape[2]\nreturn S @ K, S.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G", "not by d"),
            ("S = score_slopes(G @ V.swapaxes(1, 2), A) / np.sqrt(Q.shape[2])\nreturn S @ K, S @ Q, A.swapaxes(1, 2) @ G", "met by all queries"),
            ("S = score_slopes(G @ V.swapaxes(1, 2), A) / np.sqrt(Q.shape[2])\nreturn S @ K, S.swapaxes(1, 2) @ Q, A @ G", "transpose the weights"),
            ("S = score_slopes(G @ V.swapaxes(1, 2), A) / np.sqrt(Q.shape[2])\nreturn S @ Q, S.swapaxes(1, 2) @ K, A.swapaxes(1, 2) @ G", "S @ K"),
            ("S = G @ V.swapaxes(1, 2) / np.sqrt(Q.shape[2])\nreturn S @ K, S.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G", "through the weights is missing"),
            ("return G", "must give back 3"),
            ("S = score_slopes(G @ V.swapaxes(1, 2), A) / np.sqrt(Q.shape[2])\nreturn S.swapaxes(1, 2) @ Q, S @ K, A.swapaxes(1, 2) @ G", "The order is Q, K, V"),
        ],
        6: [
            ("return G / spread", "two terms are missing"),
            ("return (G - G.mean(axis=2, keepdims=True)) / spread", "the last term is missing"),
            ("return (G - G.mean(axis=2, keepdims=True) - unit * G.mean(axis=2, keepdims=True) * unit.mean(axis=2, keepdims=True)) / spread", "or 0"),
            ("return G - G.mean(axis=2, keepdims=True) - unit * (G * unit).mean(axis=2, keepdims=True) / spread", "divides all three"),
            ("return (G - G.mean(axis=1, keepdims=True) - unit * (G * unit).mean(axis=1, keepdims=True)) / spread", "along axis 2"),
            ("return (G - unit * (G * unit).mean(axis=2, keepdims=True)) / spread", "take the mean of G off"),
            ("return G - G.mean(axis=2, keepdims=True) - unit * (G * unit).mean(axis=2, keepdims=True)", "divide by the spread"),
            ("return (G - G.mean(axis=2, keepdims=True) - unit * (G * unit).mean(axis=2, keepdims=True)) * spread", "do not multiply"),
            ("return (G - G.mean(axis=2, keepdims=True) + unit * (G * unit).mean(axis=2, keepdims=True)) / spread", "is taken off too"),
            ("return (G - G.mean(axis=2, keepdims=True) - (G * unit).mean(axis=2, keepdims=True)) / spread", "a factor `unit`"),
            ("return (G - G.mean() - unit * (G * unit).mean()) / spread", "along axis 2"),
            ("return (G - G.sum(axis=2, keepdims=True) - unit * (G * unit).sum(axis=2, keepdims=True)) / spread", "wrong by up to"),
        ],
        7: [
            ("G = norm_slopes(of_unit, unit, spread)", "the straight way is missing"),
            ("G = G + of_unit", "back through the norm"),
            ("G = G", "by way of attention is missing"),
            ("G = G - norm_slopes(of_unit, unit, spread)", "both ways add up"),
            ("G = G * norm_slopes(of_unit, unit, spread)", "wrong by up to"),
            ("G = norm_slopes(G + of_unit, unit, spread)", "G does not"),
            ("G = G + norm_slopes(of_unit, other_unit, other_spread)", "its own `unit`"),
        ],
        8: [
            ("return np.argmax(np.cumsum(p) >= u)", "and not only reach it"),
            ("return np.argmax(p)", "Let u choose"),
            ("return np.argmax(np.cumsum(p) > u) + 1", "one too far"),
            ("return np.argmax(np.cumsum(p) > u) - 1", "one too early"),
            ("return p[np.argmax(np.cumsum(p) > u)]", "those are probabilities"),
            ("return CHARACTERS[np.argmax(np.cumsum(p) > u)]", "the number of the character"),
        ],
    },
    "a-density-that-you-learned": {
        1: [
            ("return -(z**2) / 2", "the root of 2 pi is missing"),
            ("return -(z**2) / 2 - np.log(2 * np.pi)", "half of ln(2 pi)"),
            ("return -(z**2) / 2 + np.log(2 * np.pi) / 2", "subtract its logarithm"),
            ("return -(z**2) - np.log(2 * np.pi) / 2", "the half in the exponent"),
            ("return z**2 / 2 - np.log(2 * np.pi) / 2", "in front of the square"),
            ("return np.log(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))", "that is ln 0"),
            ("return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)", "that is the density itself"),
        ],
        2: [
            ("return log_bell(z)", "the factor is missing"),
            ("return log_bell(z) - np.log(slope)", "that divides by the slope"),
            ("return log_bell(z) * slope", "becomes a summand"),
            ("return log_bell(z) + slope", "the logarithm of a factor"),
            ("return np.exp(log_bell(z)) * slope", "Give its logarithm"),
            ("return log_bell(z + np.log(slope))", "is right"),
        ],
        3: [
            ("return features(hours) @ np.exp(a), feature_slopes(hours) @ np.exp(a)", "b is missing"),
            ("return b + features(hours) @ a, feature_slopes(hours) @ a", "they must be positive"),
            ("return features(hours) @ a, feature_slopes(hours) @ a", "and b is missing"),
            ("return b + features(hours) @ np.exp(a), b + feature_slopes(hours) @ np.exp(a)", "b is a constant"),
            ("return b + features(hours) @ np.exp(a), feature_slopes(hours) @ a", "here too"),
            ("return b + features(hours) @ np.exp(a), features(hours) @ np.exp(a)", "take feature_slopes"),
            ("return b + features(hours) @ np.exp(a)", "must give back 2 arrays"),
        ],
        4: [
            ("return z.sum(), (F.T @ z - dF.T @ (1 / slope)) * np.exp(a) / len(hours)", "the loss is a mean"),
            ("return z.mean(), (F.T @ z - dF.T @ (1 / slope)) * np.exp(a)", "divide by the number of students"),
            ("return z.mean(), (F.T @ z - dF.T @ (1 / slope)) / len(hours)", "Multiply by A"),
            ("return z.mean(), F.T @ z * np.exp(a) / len(hours)", "the slope of -ln z' is missing"),
            ("return z.mean(), (F.T @ z + dF.T @ (1 / slope)) * np.exp(a) / len(hours)", "stands with a minus"),
            ("return z.mean(), (F.T @ z - dF.T @ slope) * np.exp(a) / len(hours)", "f'/z', not f' z'"),
            ("return z.mean(), -(F.T @ z - dF.T @ (1 / slope)) * np.exp(a) / len(hours)", "the loss is -ln p"),
            ("return z.mean(), (F.T @ z - dF.T @ (1 / slope)) * a / len(hours)", "wrong by up to"),
        ],
        5: [
            ("return z / np.exp(log_spread), 1 - z**2", "z falls when the centre rises"),
            ("return -z, 1 - z**2", "divide by the spread"),
            ("return z, 1 - z**2", "-1 over the spread"),
            ("return -z / np.exp(log_spread), -(z**2)", "has a slope too"),
            ("return -z / np.exp(log_spread), 1 + z**2", "dz/ds = -z"),
            ("return -z / np.exp(log_spread), z**2 - 1", "the sign is wrong"),
            ("return -z / np.exp(log_spread), 1 - z", "z times dz/ds"),
            ("return -z / np.exp(log_spread), (1 - z**2) / np.exp(log_spread)", "not in s"),
        ],
        6: [
            ("return log_bell(z1) + log_bell(z2)", "the determinant is missing"),
            ("return log_bell(z1) + log_bell(z2) + np.log(slope)", "has a slope too: 1 over the spread"),
            ("return log_bell(z1) + log_bell(z2) - log_spread", "the map of the hours has a slope too"),
            ("return log_bell(z1) + log_bell(z2) + np.log(slope) + log_spread", "subtract s"),
            ("return log_bell(z1) + log_bell(z2) - np.log(slope) + log_spread", "it does not divide"),
            ("return log_bell(z1) + log_bell(z2) + np.log(slope) - np.log(log_spread)", "is a logarithm already"),
            ("return -(z1**2 + z2**2 + np.log(2 * np.pi)) / 2 + np.log(slope) - log_spread", "with a root each"),
            ("return log_bell(z1) + np.log(slope) - log_spread", "the bell of z2 is missing"),
        ],
        7: [
            ("return np.where(below, low, middle), np.where(below, middle, high)", "it becomes the new low"),
            ("return low, high", "it never moves"),
            ("return np.where(below, middle, low), high", "it never moves"),
            ("return middle, np.where(below, high, middle)", "not below, low stays"),
            ("return np.where(below, middle, low), middle", "is below, high stays"),
            ("return np.where(below, middle, low), np.where(below, middle, high)", "and high stays"),
        ],
        8: [
            ("return np.mean(log_q - log_p)", "the sign is wrong"),
            ("return np.sum(log_p - log_q)", "Take the mean"),
            ("return np.mean(abs(log_p - log_q))", "signs count"),
            ("return np.sum(np.exp(log_p) * (log_p - log_q))", "no factor p"),
            ("return np.mean(log_p / log_q)", "is a difference"),
            ("return np.mean(np.exp(log_p - log_q))", "Take their logarithms"),
            ("return -np.mean(log_q)", "beyond p is asked"),
        ],
    },
}  # fmt: skip

# Right answers in another style, which every check must take.
RIGHT = {
    "the-slope-of-your-marks": {
        1: "rise, run = f(x + h) - f(x), h\nreturn np.divide(rise, run)",
        4: "return (secant_slope(f, x, h) - secant_slope(f, x - h, h)) / h",
        6: "return -pace * (np.log(slope) + np.log(pace) - np.log(best - start))",
    },
    "walk-downhill": {
        1: "up, down = w.copy(), w.copy()\nup[k] += h\ndown[k] -= h\nreturn (f(up) - f(down)) / (2 * h)",
        4: "return np.array([(F(w + s) - F(w - s)) / (2 * h) for s in h * np.eye(len(w))]).T",
        7: "w = start.copy()\npath = [w.copy()]\nfor _ in range(steps):\n    w -= rate * gradient(w)\n    path.append(w.copy())\nreturn np.array(path)",
    },
    "race-the-optimisers": {
        1: "r = X @ w - y\nreturn r @ r / len(y)",
        4: "column -= column.mean()\ncolumn /= column.std()\nreturn column",
        5: "path = [w.copy()]\nfor _ in range(steps):\n    w -= rate * slope(w)\n    path.append(w.copy())\nreturn np.array(path)",
        8: "return w - np.linalg.inv(2 / len(y) * X.T @ X) @ gradient(w, X, y)",
        9: "path, v = [w], np.zeros_like(w)\nfor _ in range(steps):\n    g = slope(w)\n    v = g if v @ g < 0 else 0.95 * v + g\n    w = w - rate * v\n    path.append(w)\nreturn np.array(path)",
    },
    "a-network-from-nothing": {
        2: "while G.ndim > len(shape):\n    G = G.sum(axis=0)\nreturn G",
        4: "parent.slope += share(node.slope)",
        6: "P = probabilities(scores)\nP[np.arange(len(labels)), labels] -= 1\nreturn P / len(labels)",
        8: "new = []\nfor w, g in zip(weights, gradients(weights, X, labels)):\n    new.append(w - rate * g)\nreturn new",
    },
    "a-very-small-transformer": {
        1: "return (3 * np.log(10) + np.log(120)) / 12",
        2: "return np.stack([G[x == row].sum(axis=0) for row in range(rows)])",
        3: "scores += np.triu(np.full(scores.shape[1:], -np.inf), 1)\nscores -= scores.max(axis=2, keepdims=True)\ne = np.exp(scores)\nreturn e / e.sum(axis=-1, keepdims=True)",
        4: "A_G = A * G\nreturn A_G - A * A_G.sum(axis=-1, keepdims=True)",
        5: "of_A = np.einsum('nid,njd->nij', G, V)\nS = score_slopes(of_A, A) * Q.shape[-1] ** -0.5\nreturn S @ K, np.einsum('nij,nid->njd', S, Q), np.einsum('nij,nid->njd', A, G)",
        6: "d = unit.shape[-1]\nJ = (np.eye(d) - 1 / d - unit[..., None] * unit[..., None, :] / d) / spread[..., None]\nreturn np.einsum('ntij,ntj->nti', J, G)",
        7: "G += norm_slopes(of_unit, unit, spread)",
        8: "return int(np.searchsorted(np.cumsum(p), u, side='right'))",
    },
    "a-density-that-you-learned": {
        1: "return -(z * z + np.log(2 * np.pi)) / 2",
        2: "return np.log(slope) - (z * z + np.log(2 * np.pi)) / 2",
        3: "A = np.exp(a)[:, np.newaxis]\nreturn (features(hours) @ A)[:, 0] + b, (feature_slopes(hours) @ A)[:, 0]",
        4: "A = np.exp(a)\nreturn np.mean(z), np.mean((z[:, None] * F - dF / slope[:, None]) * A, axis=0)",
        5: "z /= np.exp(log_spread)\nreturn -z, 1 - (marks - centre) ** 2 * np.exp(-2 * log_spread)",
        6: "return log_density_through(z1, slope) + log_density_through(z2, np.exp(-log_spread))",
        7: "low[below], high[~below] = middle[below], middle[~below]\nreturn low, high",
        8: "return (log_p - log_q).sum() / len(log_p)",
    },
}  # fmt: skip
