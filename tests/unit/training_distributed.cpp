// SPDX-License-Identifier: LGPL-2.1-or-later
// Several processes that train together, here as threads, each with its own connection to the others.
#include <ATen/ATen.h>
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <barrier>
#include <thread>

#include "libvcl/engine/nn/batch_norm.hpp"
#include "training/distributed/gradient_reducer.hpp"
#include "training/distributed/launch.hpp"
#include "training/distributed/shared_state.hpp"
#include "training/distributed/workers.hpp"

namespace vcl::train {
namespace {

/// A port that is free now.
int free_port() {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(bind(handle, reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length), 0);
  close(handle);
  return ntohs(address.sin_port);
}

template <typename Work>
void in_threads(int count, const Work& work) {
  std::vector<std::thread> threads;
  for (int rank = 0; rank < count; ++rank)
    threads.emplace_back([&work, rank] { EXPECT_NO_THROW(work(rank)) << "rank " << rank; });
  for (std::thread& thread : threads) thread.join();
}

/// Runs work(rank, workers) for each of so many, who have found each other.
template <typename Work>
void together(int count, const Work& work) {
  const int port = free_port();
  in_threads(count, [&](int rank) {
    Launch launch;
    launch.rank = rank;
    launch.size = count;
    launch.host = "127.0.0.1";
    launch.port = port;
    Workers workers(launch, 60);
    work(rank, workers);
  });
}

std::string refusal(const Environment& environment) {
  try {
    launch_of(environment);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Launch, NobodyStartedSeveral) {
  EXPECT_EQ(launch_of({}).size, 1);
  EXPECT_EQ(launch_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).size, 1);
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}).size, 1)
      << "the script round srun is not one of the tasks";
}

TEST(Launch, Torchrun) {
  const Environment environment{
      {"RANK", "3"}, {"WORLD_SIZE", "6"}, {"LOCAL_RANK", "1"}, {"MASTER_ADDR", "n0"}, {"MASTER_PORT", "12345"}};
  const Launch own = launch_of(environment);
  EXPECT_EQ(own.rank, 3);
  EXPECT_EQ(own.size, 6);
  EXPECT_EQ(own.local_rank, 1);
  EXPECT_EQ(own.host, "n0");
  EXPECT_EQ(own.port, 12345);
  EXPECT_FALSE(own.store_is_given);
  Environment agent = environment;
  agent.insert({{"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RESTART_COUNT", "2"}});
  EXPECT_TRUE(launch_of(agent).store_is_given);
  EXPECT_EQ(launch_of(agent).attempt, "2");
}

TEST(Launch, Slurm) {
  Environment environment{{"SLURM_STEP_ID", "1"},  {"SLURM_PROCID", "5"},
                          {"SLURM_NTASKS", "64"},  {"SLURM_STEP_NUM_TASKS", "8"},
                          {"SLURM_LOCALID", "1"},  {"SLURM_JOB_NODELIST", "gpu[07-09,12],other"},
                          {"SLURM_JOB_ID", "4711"}};
  const Launch launch = launch_of(environment);
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.size, 8) << "of this step, not of the job";
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.host, "gpu07");
  EXPECT_EQ(launch.port, 24711);
  environment["SLURM_STEP_NODELIST"] = "gpu12";
  EXPECT_EQ(launch_of(environment).host, "gpu12");
  environment["MASTER_ADDR"] = "10.0.0.1";
  environment["MASTER_PORT"] = "999";
  EXPECT_EQ(launch_of(environment).host, "10.0.0.1");
  EXPECT_EQ(launch_of(environment).port, 999);
}

TEST(Launch, Mpi) {
  Environment open_mpi{
      {"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}};
  EXPECT_NE(refusal(open_mpi).find("MASTER_ADDR"), std::string::npos);
  open_mpi["OMPI_COMM_WORLD_LOCAL_SIZE"] = "2";
  EXPECT_EQ(launch_of(open_mpi).host, "127.0.0.1") << "all on one machine";
  EXPECT_EQ(launch_of(open_mpi).rank, 1);
  const Launch mpich =
      launch_of({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}, {"MPI_LOCALRANKID", "0"}, {"MASTER_ADDR", "a"}});
  EXPECT_EQ(mpich.rank, 2);
  EXPECT_EQ(mpich.size, 3);
  EXPECT_EQ(mpich.port, 29500);
}

TEST(Launch, FirstHostOfSlurmsLists) {
  for (const auto& [list, host] : std::map<std::string, std::string>{{"a", "a"},
                                                                     {"a,b", "a"},
                                                                     {"node[01-04,7]", "node01"},
                                                                     {"node[7,01-04].cluster,x", "node7.cluster"},
                                                                     {"rack[2-3]node[010-012]", "rack2node010"},
                                                                     {"n-1.x_y", "n-1.x_y"}})
    EXPECT_EQ(first_host(list), host) << list;
  for (const char* list : {"", ",a", "a[", "a[]", "a[1", "a[x]", "a[1x]", "a]", "[-1]", "a b", "a[1\n]"})
    EXPECT_THROW(first_host(list), Error) << list;
}

TEST(Launch, HostileValuesAreRefusedByName) {
  const Environment good{{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}};
  for (const auto& [variable, values] : std::map<std::string, std::vector<std::string>>{
           {"RANK", {"-1", "2", "x", "1x", "0x1", " 1", "99999999999999999999", ""}},
           {"WORLD_SIZE", {"0", "-2", "two", "1e3", "99999999999999999999"}},
           {"LOCAL_RANK", {"2", "-1", "?"}},
           {"MASTER_ADDR", {""}},
           {"MASTER_PORT", {"0", "65536", "port", "-1"}}})
    for (const std::string& value : values) {
      Environment bad = good;
      bad[variable] = value;
      EXPECT_NE(refusal(bad).find(variable), std::string::npos) << variable << "=" << value << ": " << refusal(bad);
    }
}

TEST(Workers, SharesAreTheWholeBatch) {
  together(3, [](int rank, Workers& workers) {
    for (const int batch : {3, 4, 8, 11}) {
      const Share share = workers.share(batch);
      EXPECT_EQ(workers.sum(share.count), batch);
      EXPECT_GE(share.count, batch / 3);
      EXPECT_LE(share.count, (batch + 2) / 3);
      EXPECT_EQ(share.first + share.count == batch, rank == 2);
    }
    EXPECT_THROW(workers.share(2), Error);
    EXPECT_EQ(workers.from_first(rank), 0);
    at::Tensor table = at::full({3, 4}, double(rank)).t();  // not contiguous
    workers.broadcast(table);
    EXPECT_EQ(table.abs().sum().item<double>(), 0);
  });
}

TEST(Workers, AllAreToldWhatTheFirstCannotDoAndWhoIsDifferent) {
  together(2, [](int rank, Workers& workers) {
    int done = 0;
    workers.first_only([&] { ++done; });
    EXPECT_EQ(done, rank == 0);
    try {
      workers.first_only([] { throw Error(ErrorKind::Resource, "the disk is full"); });
      ADD_FAILURE() << "rank " << rank;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("the disk is full"), std::string::npos);
    }
    workers.compare({{"seed", 1}, {"batch", 8}});
    try {
      workers.compare({{"seed", 1}, {"batch", 8 + rank}});
      ADD_FAILURE() << "rank " << rank;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("process 1 of 2"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("another batch"), std::string::npos) << error.what();
    }
  });
}

/// A network of tensors of odd sizes, one of which no loss depends on.
Weights made_up_weights() {
  TensorMap map;
  const std::vector<std::vector<std::int64_t>> shapes{{7, 5}, {3}, {1}, {33, 9, 1, 1}, {2, 2}, {129}};
  for (std::size_t i = 0; i < shapes.size(); ++i) map["layer" + std::to_string(i) + ".weight"] = at::randn(shapes[i]);
  map["unused.weight"] = at::randn({11, 3});
  return Weights(std::move(map));
}

/// Depends on all tensors but the unused one, and on the last layer only for even ranks.
at::Tensor made_up_loss(const Weights& weights, int rank, int round) {
  at::Tensor sum = at::zeros({});
  for (const auto& [name, tensor] : weights.tensors())
    if (name != "unused.weight" && (name != "layer5.weight" || rank % 2 == 0))
      sum = sum + (tensor * double(rank + 1)).sin().sum() * double(round + 1);
  return sum;
}

TEST(GradientReducer, GradientsArePlainSums) {
  constexpr int kCount = 3;
  at::manual_seed(5);
  const Weights original = made_up_weights();
  for (const std::int64_t bucket_bytes : {std::int64_t(1), std::int64_t(400), GradientReducer::kBucketBytes}) {
    SCOPED_TRACE(bucket_bytes);
    together(kCount, [&](int rank, Workers& workers) {
      TensorMap copies;
      for (const auto& [name, tensor] : original.tensors())
        copies[name] = tensor.detach().clone().set_requires_grad(true);
      copies["layer3.weight"] = original["layer3.weight"].detach().clone(at::MemoryFormat::ChannelsLast);
      copies["layer3.weight"].set_requires_grad(true);
      const Weights own(std::move(copies));
      GradientReducer reducer(workers, own, bucket_bytes);
      for (int round = 0; round < 3; ++round) {  // from the second on in the order of use
        made_up_loss(own, rank, 10).backward();  // a part of the batch before the last one
        reducer.backward(made_up_loss(own, rank, round));
        for (const auto& [name, tensor] : own.tensors()) {
          at::Tensor expected = at::zeros_like(tensor);
          for (int r = 0; r < kCount; ++r) {
            const at::Tensor x = original[name].detach().clone().set_requires_grad(true);
            TensorMap single = original.tensors();
            single[name] = x;
            const at::Tensor loss = made_up_loss(Weights(single), r, 10) + made_up_loss(Weights(single), r, round);
            if (!loss.requires_grad()) continue;  // does not depend on it
            loss.backward();
            expected = expected + x.grad();
          }
          ASSERT_TRUE(tensor.grad().defined()) << name;
          EXPECT_TRUE(at::allclose(tensor.grad(), expected, 1e-5, 1e-5)) << name << " in round " << round;
          own[name].mutable_grad() = at::Tensor();
        }
      }
    });
  }
}

TEST(StatisticsBefore, UndoWhatAHalfStepChanged) {
  TrainingState state;
  const auto norm = [](double value) {
    TensorMap map;
    for (const char* name : {"weight", "running_mean", "running_var"})
      map[std::string("c.norm.") + name] = at::full({2}, value);
    map["c.norm.num_batches_tracked"] = at::zeros({}, at::kLong);
    return Weights(std::move(map));
  };
  state.model.weights = norm(1);
  state.average = norm(2);
  state.average.tensors()["head.centre.running_mean"] = at::full({3}, 2.0);
  const StatisticsBefore before(state);
  for (const Weights* weights : {&state.model.weights, &state.average})
    for (const auto& [name, tensor] : weights->tensors()) at::Tensor(tensor).fill_(7);
  before.restore();
  EXPECT_TRUE(at::equal(state.model.weights["c.norm.running_mean"], at::full({2}, 1.0)));
  EXPECT_TRUE(at::equal(state.average["c.norm.running_var"], at::full({2}, 2.0)));
  EXPECT_TRUE(at::equal(state.average["head.centre.running_mean"], at::full({3}, 2.0)));
  EXPECT_TRUE(at::equal(state.model.weights["c.norm.weight"], at::full({2}, 7.0))) << "the optimiser's own";
}

/// The batch norm of parts is that of the whole batch: outputs, gradients and running statistics.
TEST(BatchInParts, IsTheBatchNormOfTheWhole) {
  at::manual_seed(6);
  constexpr int kParts = 3;
  const std::vector<std::int64_t> sizes{1, 3, 2};
  const at::Tensor input = at::randn({6, 5, 4, 3}) * 3 + 40;  // a mean far from 0 costs digits
  const at::Tensor factors = at::randn({6, 5, 4, 3}), weight = at::rand({5}) + 0.5, bias = at::randn({5});
  struct Result {
    at::Tensor y, over_x, over_weight, over_bias, mean, variance;
  };
  const auto compute = [&](const at::Tensor& part, const at::Tensor& factor) {
    const at::Tensor x = part.detach().clone().set_requires_grad(true), w = weight.clone().set_requires_grad(true),
                     b = bias.clone().set_requires_grad(true), mean = at::zeros({5}), variance = at::ones({5});
    const at::Tensor y = batch_norm_in_training(x, w, b, mean, variance);
    (y.square() * factor).sum().backward();
    return Result{y.detach(), x.grad(), w.grad(), b.grad(), mean, variance};
  };
  const Result whole = compute(input, factors);

  std::vector<Result> parts(kParts);
  std::barrier barrier(kParts);
  std::vector<at::Tensor> shared(kParts);
  in_threads(kParts, [&](int rank) {
    const BatchInParts in_parts([&, rank](const at::Tensor& sums) {
      shared[std::size_t(rank)] = sums.clone();
      barrier.arrive_and_wait();
      const at::Tensor total = at::stack(shared).sum(0);
      barrier.arrive_and_wait();
      sums.copy_(total);
    });
    const auto i = std::size_t(rank);
    parts[i] = compute(input.split_with_sizes(sizes)[i], factors.split_with_sizes(sizes)[i]);
  });
  const auto joined = [&](at::Tensor Result::*what) {
    return at::cat({parts[0].*what, parts[1].*what, parts[2].*what});
  };
  const auto added = [&](at::Tensor Result::*what) { return parts[0].*what + parts[1].*what + parts[2].*what; };
  EXPECT_TRUE(at::allclose(joined(&Result::y), whole.y, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(joined(&Result::over_x), whole.over_x, 1e-3, 1e-4));
  EXPECT_TRUE(at::allclose(added(&Result::over_weight), whole.over_weight, 1e-4, 1e-3));
  EXPECT_TRUE(at::allclose(added(&Result::over_bias), whole.over_bias, 1e-4, 1e-3));
  for (const Result& part : parts) {
    EXPECT_TRUE(at::allclose(part.mean, whole.mean, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(part.variance, whole.variance, 1e-5, 1e-6));
  }
}

}  // namespace
}  // namespace vcl::train
